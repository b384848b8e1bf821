import pytest
import typer
from compress_runs import WORLD, settings
from typer.testing import CliRunner

from hopgym.agents.compress.cli import add_command


def invoke(*arguments):
    app = typer.Typer()
    app.callback()(lambda: None)
    add_command(app)
    words = ["compress", *map(str, arguments)]
    return CliRunner().invoke(app, words, env={"COLUMNS": "200"})


def flags(folder):
    given = settings(folder)
    names = ("k", "top_k", "expand", "encoder_width", "encoder_layers", "encoder_heads",
             "projector_dim", "policy_width", "policy_layers", "batch_size", "max_new_tokens",
             "max_chunks", "model_name", "output_dir", "eval_episodes")  # fmt: skip
    told = [word for name in names for word in (f"--{name}", getattr(given, name))]
    steps = [
        w for s in ("reconstruction", "paragraph", "answer", "policy") for w in (f"--{s}_steps", 1)
    ]
    return ["--questions", WORLD, "--device", "cpu", *told, *steps]


def test_it_trains_and_says_what_is_next(tmp_path):
    result = invoke(*flags(tmp_path))
    assert result.exit_code == 0, result.output
    told, play = result.stdout.splitlines()
    assert told.startswith(f"Wrote {tmp_path / 'out'}: 4 steps, f1 0.")
    assert play.endswith(f"--set top_k=2 --agents {tmp_path / 'out'}")


def test_an_interrupt_says_how_to_go_on(tmp_path, monkeypatch):
    def stopped(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr("hopgym.agents.compress.train.train", stopped)
    result = invoke(*flags(tmp_path))
    assert result.exit_code == 130 and "--resume" in result.stderr


@pytest.mark.parametrize("word", ["--expand", "--block_pattern", "--reconstruction_steps"])
def test_its_help_names_the_flags(word):
    assert word in invoke("--help").stdout
