from pathlib import Path

import pytest
import typer
from sb3_toys import WORLD, settings
from typer.testing import CliRunner

from hopgym.agents.sb3.cli import add_command, summary
from hopgym.agents.sb3.settings import SB3Settings
from hopgym.agents.sb3.train import Trained
from hopgym.agents.training.examination import Mark
from hopgym.errors import ConfigError


def run(*arguments):
    app = typer.Typer()
    app.callback()(lambda: None)
    add_command(app)
    return CliRunner().invoke(app, ["sb3", *map(str, arguments)], env={"COLUMNS": "200"})


def test_the_command_trains_and_says_what_follows(tmp_path):
    pytest.importorskip("sb3_contrib")
    pytest.importorskip("torch_geometric")
    out = tmp_path / "out"
    flags = ["--preset", "tiny-cpu", "--output-dir", out, "--questions", WORLD,
             "--num_envs", 4, "--n_steps", 8, "--batch_size", 16, "--total_timesteps", 32,
             "--eval_episodes", 4]  # fmt: skip
    result = run(*flags)
    assert result.exit_code == 0, result.output
    told, following = result.stdout.splitlines()
    assert told.startswith(f"Wrote {out}: 32 steps, reward ")
    assert following == (
        f"Next: hopgym bench --envs hopgym/KGSubgraph-v0 --questions '{WORLD}' --set "
        "mode=sequential --set top_k=32 --set max_steps=8 "
        f"--agents {out}"
    )
    assert "step 0  reward " in result.stderr and "step 32  reward " in result.stderr
    assert "Warning" not in result.output
    again = run(*flags)
    assert isinstance(again.exception, ConfigError) and "--resume" in str(again.exception)


def given(monkeypatch, *arguments):
    """Return the settings that the command makes of its flags."""
    seen = []

    def training(settings, display):
        seen.append(settings)
        raise KeyboardInterrupt

    monkeypatch.setattr("hopgym.agents.sb3.train.train", training)
    result = run(*arguments)
    assert result.exit_code == 130 and "--resume goes on from the last" in result.stderr
    return seen[0]


def test_ctrl_c_says_how_to_go_on(monkeypatch):
    assert given(monkeypatch) == SB3Settings()


def test_a_preset_is_changed_by_flags(monkeypatch):
    flags = ["--preset", "tiny-cpu", "--head", "stock", "--mode", "one_shot", "--gamma", 0.9]
    expected = SB3Settings.preset("tiny-cpu", head="stock", mode="one_shot", gamma=0.9)
    assert given(monkeypatch, *flags) == expected


def test_help_has_panels():
    output = run("--help").output
    panels = ["Files", "Episodes", "Policy", "Algorithm", "Held-out play", "Elsewhere"]
    places = [output.index(f"─ {panel} ─") for panel in panels]
    assert places == sorted(places) and "tiny-cpu" in output


def test_the_last_lines_tell_the_best_and_that_it_ended_early(tmp_path):
    told, folder = (
        settings(tmp_path, questions="world", env_set=(), patience=3),
        Path("my runs/out"),
    )
    best = Mark(step=64, epoch=64.0, score=0.456)
    lines = summary(told, Trained(folder, 128, [best], best, True))
    assert lines == [
        "Wrote my runs/out: 128 steps, reward 0.456 at step 64.",
        "It ended early: 3 examinations were no better.",
        "Next: hopgym bench --envs hopgym/KGSubgraph-v0 --set "
        "mode=sequential --set top_k=16 --agents 'my runs/out'",
    ]
    (wrote, _) = summary(told, Trained(folder, 128, [], None, False))
    assert wrote == "Wrote my runs/out: 128 steps."
