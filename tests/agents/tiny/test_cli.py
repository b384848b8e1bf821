import json

import pytest
import typer
from typer.testing import CliRunner

from hopgym.agents.tiny import course
from hopgym.agents.tiny.cli import add_command
from hopgym.agents.tiny.policy import tiny_agent
from hopgym.errors import ConfigError

torch = pytest.importorskip("torch")
SMALL = [
    "--steps",
    "3",
    "--batch_tokens",
    "400",
    "--layers",
    "2",
    "--width",
    "16",
    "--threads",
    "1",
    "--eval-steps",
    "2",
]


def run(*arguments):
    app = typer.Typer()
    app.callback()(lambda: None)
    add_command(app)
    return CliRunner().invoke(app, ["tiny", *map(str, arguments)], env={"COLUMNS": "200"})


def test_the_command_trains_and_says_what_follows(tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(course, "SHORT", 4)
    out = tmp_path / "made"
    flags = ["--output_dir", out, *SMALL, "--eval_episodes", 4]
    result = run(*flags)
    assert result.exit_code == 0, result.output
    assert "A held-out world" in result.stdout and f"Wrote {out}: 3 steps on " in result.stdout
    assert "Next: hopgym bench --envs hopgym/SearchRead-v0 --questions 'world?hops=1-2' " in (
        result.stdout
    )
    assert f"--agents {out},iterative,oracle" in result.stdout
    assert "step 2  1 hop EM 0.00" in result.stderr
    assert "shards" not in result.output and "causal_conv1d" not in result.output
    assert capfd.readouterr().err == ""
    *_, last = json.loads((out / "curve.json").read_text())
    assert last["step"] == 3 and last["exam"]["all"]["questions"] == 4 and "loss" in last
    assert tiny_agent(model=str(out)).name == "made"
    again = run(*flags)
    assert isinstance(again.exception, ConfigError) and "--resume" in str(again.exception)
    weights = (out / "model.safetensors").read_bytes()
    ended = run(*flags, "--resume")  # it has ended: it stays as it is
    assert ended.exit_code == 0 and f"Wrote {out}: 3 steps on " in ended.stdout
    assert (out / "model.safetensors").read_bytes() == weights


def test_ctrl_c_says_how_to_go_on(monkeypatch):
    def stopped(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr("hopgym.agents.tiny.course.train", stopped)
    result = run()
    assert result.exit_code == 130 and "--resume goes on" in result.stderr
