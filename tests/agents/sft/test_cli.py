import pytest
import typer
from sft_runs import workplace
from typer.testing import CliRunner

from hopgym.agents.sft.cli import add_command
from hopgym.errors import ConfigError

torch = pytest.importorskip("torch")
pytest.importorskip("trl")


def run(*arguments):
    app = typer.Typer()
    app.callback()(lambda: None)
    add_command(app)
    return CliRunner().invoke(app, ["sft", *map(str, arguments)], env={"COLUMNS": "200"})


def test_the_command_trains_and_says_what_follows(tmp_path):
    torch.set_num_threads(1)
    place, out = workplace(tmp_path, 4), tmp_path / "out"
    flags = ["--model_name", place / "base", "--data-path", place / "rows.jsonl",
             "--output_dir", out, "--lora_r", 2, "--max_length", 512]  # fmt: skip
    result = run(*flags)
    assert result.exit_code == 0, result.output
    assert f"Wrote {out}: 1 steps on 4 sequences, loss " in result.stdout.replace("\n", "")
    assert "loss nan" not in result.stdout and "step 1/1  loss " in result.stderr
    assert f"Next: hopgym bench --envs hopgym/SearchRead-v0 --agents {out}" in result.stdout
    assert "4 sequences, " in result.stderr and "tokens to learn, float32" in result.stderr
    again = run(*flags)
    assert isinstance(again.exception, ConfigError) and "--resume" in str(again.exception)
    assert run(*flags, "--resume").exit_code == 0


def test_what_is_missing_is_told():
    result = run("--model_name", "x")
    assert isinstance(result.exception, ConfigError)
    assert "data_path is missing: give --data_path" in str(result.exception)


def test_ctrl_c_says_how_to_go_on(monkeypatch):
    def stopped(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr("hopgym.agents.sft.train.train", stopped)
    result = run("--model_name", "x", "--data_path", "y")
    assert result.exit_code == 130 and "--resume goes on" in result.stderr
