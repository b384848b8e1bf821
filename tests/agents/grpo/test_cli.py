import os

import pytest
import typer
from seed_runs import VARIABLES, write_questions
from typer.testing import CliRunner

pytest.importorskip("peft")
pytest.importorskip("trl")

from hopgym.agents.grpo.cli import add_command, summary
from hopgym.agents.grpo.settings import GRPOSettings
from hopgym.agents.grpo.train import Trained
from hopgym.agents.health import Alarm
from hopgym.agents.training.examination import Mark
from hopgym.errors import ConfigError


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def run(*arguments, **environment):
    app = typer.Typer()
    app.callback()(lambda: None)
    add_command(app)
    words = ["grpo", *map(str, arguments)]
    return CliRunner().invoke(app, words, env={"COLUMNS": "200", **environment})


def given(monkeypatch, *arguments, **environment):
    """Return the settings that the command makes of its flags, and the variables then."""
    seen = []

    def training(settings, display):
        seen.extend([settings, dict(os.environ)])
        raise KeyboardInterrupt

    monkeypatch.setattr("hopgym.agents.grpo.train.train", training)
    result = run(*arguments, **environment)
    assert result.exit_code == 130 and "--resume goes on from the last" in result.stderr
    return seen


def test_questions_without_documents_name_what_could_search(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_questions(tmp_path)
    result = run("--model_name", "tiny", "--data_path", "your_data.json")
    assert isinstance(result.exception, ConfigError)
    assert "your_data has questions and no documents" in str(result.exception)
    for way in ("--exa_api_key", "--retriever exa", "?documents="):
        assert way in str(result.exception)
    assert not (tmp_path / "output").exists()


DEFAULTS = {
    "model_name": "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", "data_path": "world",
    "output_dir": "./output", "batch_size": "1", "max_steps": "100", "lr": "5e-06",
    "num_generations": "4", "gradient_accumulation_steps": "4", "curriculum_steps": "30",
    "lora_r": "16", "lora_alpha": "32", "lora_dropout": "0.05",
    "lora_target_modules": "q_proj,k_proj,v_proj,o_proj", "use_wandb": "(off)",
    "wandb_project": "r-search-training", "wandb_run_name": "", "push_to_hub": "(off)",
    "hub_model_id": "", "hub_private": "(off)", "openai_api_key": "", "exa_api_key": "",
    "wandb_api_key": "", "hub_token": "",
}  # fmt: skip
"""The published flags with their defaults; but for `data_path`, which had none."""


def test_help_lists_the_published_flags_with_their_defaults():
    lines = run("--help", COLUMNS="300").output.splitlines()
    for flag, default in DEFAULTS.items():
        (line,) = [line for line in lines if line.startswith(f"│ --{flag} ")]
        assert not default or f"[default: {default}]" in line, flag


def test_help_has_panels_with_the_keys_first():
    output = run("--help").output
    panels = ["Keys", "Files", "Episodes", "Optimiser", "GRPO", "Weights", "Held-out play",
              "Checkpoints and the guard", "Elsewhere"]  # fmt: skip
    places = [output.index(f"─ {panel} ─") for panel in panels]
    assert places == sorted(places) and "tiny-cpu, qwen2.5-3b-gpu" in output


def test_keys_of_the_environment_alone_switch_nothing_on(monkeypatch):
    settings, _ = given(monkeypatch, OPENAI_API_KEY="a", EXA_API_KEY="b", HF_TOKEN="c")
    assert settings == GRPOSettings()


def test_a_push_that_cannot_be_is_told_before_training(monkeypatch):
    monkeypatch.setattr("hopgym.agents.grpo.train.train", None)
    result = run("--push_to_hub", "--hub_model_id", "user/name")
    assert isinstance(result.exception, ConfigError)
    assert "push_to_hub needs" in str(result.exception)


def test_keys_are_in_the_environment_while_it_trains_and_not_after(monkeypatch):
    flags = ["--exa_api_key", "e", "--hub-token", "h", "--judge", "rule", "--use_wandb"]
    settings, then = given(monkeypatch, *flags, HF_TOKEN="before")
    assert settings == GRPOSettings(retriever="exa", judge="rule", use_wandb=True)
    assert (then["EXA_API_KEY"], then["HF_TOKEN"]) == ("e", "h")
    assert not {"EXA_API_KEY", "HF_TOKEN"} & set(os.environ)


def test_a_preset_is_changed_by_a_file_and_by_flags(monkeypatch, tmp_path):
    file = tmp_path / "settings.json"
    file.write_text('{"lr": 2e-6, "beta": 0.5, "guard_set": ["most_kl=4"]}')
    flags = ["--preset", "qwen2.5-3b-gpu", "--config", file, "--beta", 0, "--no-guard"]
    settings, _ = given(monkeypatch, *flags)
    assert settings == GRPOSettings.preset(
        "qwen2.5-3b-gpu", lr=2e-6, beta=0.0, guard=False, guard_set=("most_kl=4",)
    )


def test_a_key_in_a_file_of_settings_is_refused(tmp_path):
    file = tmp_path / "settings.json"
    file.write_text('{"exa_api_key": "ex-secret"}')
    result = run("--config", file)
    assert isinstance(result.exception, ConfigError) and "ex-secret" not in result.output
    assert "settings.json holds 'exa_api_key': a key belongs" in str(result.exception)


def test_one_of_several_processes_speaks(monkeypatch):
    done = Trained("out", 1, None, None)
    monkeypatch.setattr("hopgym.agents.grpo.train.train", lambda *_: done)
    assert run().stdout.startswith("Wrote out: 1 step.")
    assert run(RANK="1").stdout == ""


def test_the_last_lines_tell_the_best_and_what_stopped_it():
    told = GRPOSettings(eval_metric="f1", push_to_hub=True, hub_model_id="user/name")
    alarm = Alarm("kl", "kl", 7.9, 2.0, 38, 40, "the policy has run away", "a smaller one")
    best = Mark(step=30, epoch=1.0, score=0.456)
    assert summary(told, Trained("my runs/out", 40, best, alarm)) == [
        "Wrote my runs/out: 40 steps, f1 45.6 at step 30.",
        f"The guard stopped it. {alarm.reason}",
        "Pushed to user/name.",
        "Next: hopgym bench --envs hopgym/DagSearch-v0 --agents 'my runs/out'",
    ]


def test_the_last_line_plays_as_the_run_did():
    told = GRPOSettings(data_path="q.json", retriever="exa", env_set=("top_k=2", "max_nodes=4"))
    *_, following = summary(told, Trained("out", 1, None, None))
    assert following == (
        "Next: hopgym bench --envs hopgym/DagSearch-v0 --questions q.json --set retriever=exa "
        "--set top_k=2 --set max_nodes=4 --agents out"
    )
    alone = Trained("out", 1, None, None, splits=("train",))
    assert "--questions OTHER-QUESTIONS" in summary(told, alone)[-1]
