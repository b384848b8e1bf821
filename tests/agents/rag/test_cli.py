from dataclasses import fields
from pathlib import Path

import pytest
from rag_runs import WORLD, settings
from tiny_llms import needs_llms
from typer.testing import CliRunner

needs_llms()
from tiny_rag import model  # noqa: E402

from hopgym.__main__ import build_app  # noqa: E402
from hopgym.agents.rag.cli import summary  # noqa: E402
from hopgym.agents.rag.saving import save_rag  # noqa: E402
from hopgym.agents.rag.settings import RagSettings  # noqa: E402
from hopgym.agents.rag.train import Trained  # noqa: E402
from hopgym.agents.training.examination import Mark  # noqa: E402


def run(*arguments):
    return CliRunner().invoke(build_app(), ["train", "rag", *map(str, arguments)])


def given(monkeypatch, *arguments):
    """Return the settings that the command makes of its flags."""
    seen = []

    def training(settings, display):
        seen.append(settings)
        raise KeyboardInterrupt

    monkeypatch.setattr("hopgym.agents.rag.train.train", training)
    result = run(*arguments)
    assert result.exit_code == 130 and "--resume goes on from the last" in result.stderr
    return seen[0]


def test_the_published_command_is_the_default(monkeypatch):
    flags = "--dataset_name squad --batch_size 8 --learning_rate 5e-5 --num_epochs 3"
    assert given(monkeypatch, *flags.split(), "--warmup_steps", 500) == RagSettings()


def test_a_preset_is_changed_by_flags(monkeypatch):
    flags = ["--preset", "tiny-cpu", "--variant", "fid", "--no-train-context-encoder"]
    expected = RagSettings.preset("tiny-cpu", variant="fid", train_context_encoder=False)
    assert given(monkeypatch, *flags) == expected


def test_every_setting_is_a_flag_and_the_help_has_panels(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    output = run("--help").output
    for each in fields(RagSettings):
        assert f"--{each.name} " in output, each.name
    panels = ["Questions", "Files", "Training", "Retriever", "Generator", "Held-out", "Elsewhere"]
    places = [output.index(f"─ {panel} ─") for panel in panels]
    assert places == sorted(places) and "tiny-cpu" in output


def test_it_trains_and_says_what_came_of_it(tmp_path):
    flags = []
    for name in ("n_docs", "batch_size", "warmup_steps", "max_input_tokens", "max_answer_tokens"):
        flags += [f"--{name}", getattr(settings(tmp_path), name)]
    flags += ["--question_encoder", "tiny", "--generator_model", "tiny", "--num_epochs", 1]
    result = run("--dataset_name", WORLD, *flags, "--output_dir", tmp_path / "out")
    assert result.exit_code == 0, result.output
    wrote, retriever, play = result.stdout.strip().splitlines()[-3:]
    assert wrote.startswith(f"Wrote {tmp_path / 'out'}: 3 steps on 12 questions, at step ")
    assert "recall@2" in wrote and retriever.startswith("As a retriever: ") and "--agents" in play
    assert "Warning" not in result.output


def test_the_last_lines_tell_the_best(tmp_path, monkeypatch):
    save_rag(model(), tmp_path / "my runs", {})
    best = Mark(step=2, epoch=2.0, score=0.5, metrics={"f1": 0.5, "recall@5": 0.25})
    told = Trained(Path(tmp_path / "my runs"), 3, 1.0, 7, [best], best)
    lines = summary(RagSettings(dataset_name=WORLD), told)
    assert lines[0].endswith("my runs: 3 steps on 7 questions, at step 2 f1 0.500  recall@5 0.250.")
    assert "dense?encoder=dpr?question=" in lines[1] and "top_k=5" in lines[2]
    none = Trained(Path(tmp_path / "my runs"), 3, 1.0, 7, [], None)
    assert summary(RagSettings(), none)[0].endswith("3 steps on 7 questions.")


@pytest.mark.parametrize("rank", ["1"])
def test_of_several_processes_one_speaks(monkeypatch, rank):
    monkeypatch.setenv("RANK", rank)
    monkeypatch.setattr("hopgym.agents.rag.train.train", lambda *given: None)
    result = run()
    assert result.exit_code == 0 and not result.stdout
