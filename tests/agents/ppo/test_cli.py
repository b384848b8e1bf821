from pathlib import Path

import pytest
import typer
from ppo_runs import WORLD, settings, workplace
from typer.testing import CliRunner

from hopgym.agents.health import Alarm
from hopgym.agents.ppo.cli import add_command, summary
from hopgym.agents.ppo.settings import PPOSettings
from hopgym.agents.ppo.train import Trained
from hopgym.agents.training.examination import Mark
from hopgym.errors import ConfigError, UnknownNameError

pytest.importorskip("peft")


def run(*arguments, **environment):
    app = typer.Typer()
    app.callback()(lambda: None)
    add_command(app)
    return CliRunner().invoke(
        app, ["ppo", *map(str, arguments)], env={"COLUMNS": "200", **environment}
    )


def test_the_command_trains_and_says_what_follows(tmp_path):
    place, out = workplace(tmp_path), tmp_path / "out"
    flags = ["--preset", "tiny-cpu", "--model_name", place / "base", "--output-dir", out,
             "--questions", WORLD, "--updates", 1, "--batch_questions", 1, "--num_samples", 2,
             "--max_new_tokens", 4, "--env_set", "max_steps=1", "--eval_episodes", 1]  # fmt: skip
    result = run(*flags)
    assert result.exit_code == 0, result.output
    told, following = result.stdout.splitlines()
    assert told == f"Wrote {out}: 1 update, em 0.0 at update 1."
    assert following == (
        f"Next: hopgym bench --envs hopgym/SearchRead-v0 --questions '{WORLD}' --set max_steps=1 "
        f"--agents {out}"
    )
    assert "update 1/1  reward " in result.stderr and "step 0  em 0.0" in result.stderr
    assert "Warning" not in result.output
    assert run(*flags, "--resume", RANK="1").stdout == ""  # one of several processes speaks
    again = run(*flags)
    assert isinstance(again.exception, ConfigError) and "--resume" in str(again.exception)


def given(monkeypatch, *arguments):
    """Return the settings that the command makes of its flags."""
    seen = []

    def training(settings, display):
        seen.append(settings)
        raise KeyboardInterrupt

    monkeypatch.setattr("hopgym.agents.ppo.train.train", training)
    result = run(*arguments)
    assert result.exit_code == 130 and "--resume goes on from the last" in result.stderr
    return seen[0]


def test_ctrl_c_says_how_to_go_on(monkeypatch):
    assert given(monkeypatch, "--model_name", "x") == PPOSettings(model_name="x")


def test_a_preset_is_changed_by_a_file_and_by_flags(monkeypatch, tmp_path):
    file = tmp_path / "settings.json"
    file.write_text('{"lr": 2e-6, "epochs": 3, "guard_set": ["most_kl=4"]}')
    flags = ["--preset", "qwen2.5-0.5b-4gb", "--config", file, "--epochs", 4, "--no-guard"]
    expected = PPOSettings.preset(
        "qwen2.5-0.5b-4gb", lr=2e-6, epochs=4, guard=False, guard_set=("most_kl=4",)
    )
    assert given(monkeypatch, *flags) == expected


def test_what_is_missing_or_unknown_is_told():
    result = run("--preset", "tiny-cpu")
    assert isinstance(result.exception, ConfigError)
    assert "model_name is missing: give --model_name" in str(result.exception)
    result = run("--preset", "qwen")
    assert isinstance(result.exception, UnknownNameError)
    assert "Known: 7b-multi-gpu, qwen2.5-0.5b-4gb, tiny-cpu" in str(result.exception)
    result = run("--model_name", "x", "--guard_set", "most_kl=much")
    assert "most_kl is 'much'; give a number" in str(result.exception)


def test_help_has_panels_with_the_files_first():
    output = run("--help").output
    panels = ["Files", "Episodes", "Weights", "Held-out play", "Checkpoints and the guard",
              "Elsewhere", "Algorithm", "Optimiser"]  # fmt: skip
    places = [output.index(f"─ {panel} ─") for panel in panels]
    assert places == sorted(places) and "--preset" in output


def test_the_last_lines_tell_the_best_and_what_stopped_it(tmp_path):
    told = settings(tmp_path, eval_metric="f1", questions="world")
    folder, best = Path("my runs/out"), Mark(step=30, epoch=30.0, score=0.456)
    alarm = Alarm("kl", "kl", 7.9, 2.0, 38, 40, "the policy has run away", "a smaller one")
    lines = summary(told, Trained(folder, 40, [best], best, alarm))
    assert lines == [
        "Wrote my runs/out: 40 updates, f1 45.6 at update 30.",
        f"The guard stopped it. {alarm.reason}",
        "Next: hopgym bench --envs hopgym/SearchRead-v0 --set max_steps=1 --set top_k=1 "
        "--agents 'my runs/out'",
    ]
    (wrote, _) = summary(told, Trained(folder, 40, [], None, None))
    assert wrote == "Wrote my runs/out: 40 updates."
