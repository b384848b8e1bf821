from dataclasses import fields
from pathlib import Path

import pytest
import typer
from drag_runs import WORLD, workplace
from typer.testing import CliRunner

from hopgym.agents.drag.cli import add_command, summary
from hopgym.agents.drag.settings import DragSettings
from hopgym.agents.drag.train import Trained
from hopgym.agents.training.examination import Mark
from hopgym.envs.kg import cli as graphs_cli
from hopgym.errors import ConfigError

SMALL = ["--encoder", "hashing?dim=32", "--node_dim", 16, "--hidden_dim", 16, "--relation_dim", 16,
         "--num_reasoning_steps", 2, "--epochs", 1, "--batch_size", 8, "--lr", 0.01, "--k_facts", 4,
         "--max_facts", 24, "--device", "cpu"]  # fmt: skip


def invoke(adds, *arguments):
    app = typer.Typer()
    app.callback()(lambda: None)
    adds(app)
    return CliRunner().invoke(app, list(map(str, arguments)), env={"COLUMNS": "200"})


def run(*arguments):
    return invoke(add_command, "drag", *arguments)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return workplace(tmp_path_factory.mktemp("place"))


def test_both_phases_from_a_file_of_heuristics_by_the_seed_s_flags(place, tmp_path):
    made = []
    for split in ("train", "dev"):
        made.append(tmp_path / f"{split}.jsonl")
        flags = ["--questions", WORLD, "--split", split, "--output", made[-1]]
        assert invoke(graphs_cli.add_commands, "kg", "heuristics", *flags).exit_code == 0
    train, dev = made
    one, two = tmp_path / "one", tmp_path / "two"
    given = [*SMALL, "--heuristics_path", train, "--eval_questions", dev]
    result = run("--phase", 1, *given, "--checkpoint_dir", one)
    assert result.exit_code == 0, result.output
    told, following, play = result.stdout.splitlines()
    assert told.startswith(f"Wrote {one}: 1 epoch, fact_f1 0.")
    assert following == (
        f"Next: hopgym train drag --phase 2 --heuristics_path {train} --max_facts 24 "
        f"--eval_questions {dev} --phase1_checkpoint {one} --generator_model MODEL"
    )
    assert play == (
        f"Play: hopgym bench --envs hopgym/KGSubgraph-v0 --questions {train} --set top_k=24 "
        f"--agents {one}"
    )
    assert "epoch 0  fact_recall " in result.stderr and "Warning" not in result.output
    joint = ["--phase", 2, *given, "--phase1_checkpoint", one, "--generator_model", place / "lm",
             "--ret_loss_weight", 0.1, "--lora_r", 0, "--projector_dim", 16, "--limit", 8,
             "--max_new_tokens", 8, "--eval_episodes", 4, "--checkpoint-dir", two]  # fmt: skip
    result = run(*joint)
    assert result.exit_code == 0, result.output
    told, play = result.stdout.splitlines()
    assert told.startswith(f"Wrote {two}: 1 epoch, f1_one_to_one ")
    assert play.endswith(f"--set 'reader=drag?model={two}' --agents {two}")
    assert "Warning" not in result.output and "shards" not in result.output
    again = run(*joint)
    assert isinstance(again.exception, ConfigError) and "--resume" in str(again.exception)


def given(monkeypatch, *arguments):
    """Return the settings that the command makes of its flags."""
    seen = []

    def training(settings, display):
        seen.append(settings)
        raise KeyboardInterrupt

    monkeypatch.setattr("hopgym.agents.drag.train.train", training)
    result = run(*arguments)
    assert result.exit_code == 130 and "--resume goes on from the last epoch" in result.stderr
    return seen[0]


def test_ctrl_c_says_how_to_go_on(monkeypatch):
    assert given(monkeypatch) == DragSettings()


def test_a_preset_is_changed_by_flags(monkeypatch):
    flags = ["--preset", "tiny-cpu", "--lr", 0.5, "--scorer", "mlp", "--no_instruction_update"]
    expected = DragSettings.preset("tiny-cpu", lr=0.5, scorer="mlp", instruction_update=False)
    assert given(monkeypatch, *flags) == expected


def test_every_setting_is_a_flag_and_the_help_has_panels(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    output = run("--help").output
    for each in fields(DragSettings):
        assert f"--{each.name} " in output, each.name
    panels = ["Phase", "Files", "Questions", "Training", "Retriever", "Phase 2", "Held-out play"]
    places = [output.index(f"─ {panel} ─") for panel in [*panels, "Elsewhere"]]
    assert places == sorted(places) and "tiny-cpu" in output


def test_a_plan_needs_no_questions_and_no_weights(place, tmp_path):
    flags = ["--plan", "--generator_model", place / "lm"]
    result = run("--phase", 2, *flags, "--lora_r", 2, "--checkpoint_dir", tmp_path / "x")
    assert result.exit_code == 0, result.output
    assert "what training it needs" in result.stdout and "q_proj" in result.stdout
    assert not (tmp_path / "x").exists()
    whole = run(*flags, "--lora_r", 0).stdout
    assert "nothing: all weights are trained" in whole
    some = run(*flags, "--lora_target_modules", "q_proj").stdout
    assert "q_proj" in some and "k_proj" not in some


def test_what_does_not_go_together_is_told():
    result = run("--phase", 2)
    assert isinstance(result.exception, ConfigError)
    assert "give --phase1_checkpoint FOLDER" in str(result.exception)


def test_the_last_lines_tell_the_best_and_what_was_left_out():
    best = Mark(step=2, epoch=2.0, score=0.456)
    told = Trained(Path("my runs/out"), 3, [best], best, "fact_f1", 4)
    lines = summary(DragSettings(), told)
    assert lines[0] == (
        "Wrote my runs/out: 3 epochs, fact_f1 0.456 at epoch 2, 4 questions taught nothing and "
        "were left out."
    )
    assert lines[1].startswith("Next: ") and lines[2].endswith("--agents 'my runs/out'")
    none = Trained(Path("out"), 1, [], None, "fact_f1", 0)
    assert summary(DragSettings(), none)[0] == "Wrote out: 1 epoch."
