import json
import sys

import pytest
import typer
from killable import COUNTER
from typer.testing import CliRunner

from hopgym.benchmarks.faults.cli import add_commands
from hopgym.errors import ConfigError, UnknownNameError

app = typer.Typer()
add_commands(app)


def run(*arguments):
    return CliRunner().invoke(app, ["faults", *map(str, arguments)], env={"COLUMNS": "100"})


def counting(fault):
    return ["--", sys.executable, "-c", COUNTER, "{out}", fault]


def test_the_recipes_are_listed():
    shown = run("list").stdout
    assert all(name in shown for name in ("bench", "kb", "sft", "ppo", "tiny", "--resume"))


def test_a_sound_command_is_status_0_and_leaves_nothing(tmp_path):
    page, data = tmp_path / "k.md", tmp_path / "k.json"
    result = run(
        "kill", "--kills", 2, "--resume=--resume", "--without", "model.json",
        "--md", page, "--json", data, *counting("none"),
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "same" in result.stdout and "not compared: model.json (as told by --without)" in (
        result.stdout.replace("\n", " ")
    )
    assert "| command |" in page.read_text()
    assert len(json.loads(data.read_text())[0]["kills"]) == 2


def test_a_loss_is_status_1_and_the_runs_are_kept(tmp_path):
    out = tmp_path / "runs"
    result = run("kill", "--kills", 9, "--out", out, "--resume=--resume", *counting("dice"))
    assert result.exit_code == 1 and "DIFFERS" in result.stdout
    assert (out / "command" / "killed-1" / "log.txt").is_file()
    again = run("kill", "--out", out, "--resume", "", *counting("none"))
    assert isinstance(again.exception, ConfigError)
    assert "is not an empty folder" in str(again.exception)


@pytest.mark.parametrize(
    "words, kind, match",
    [
        (["bench", "--resume", ""], ConfigError, "--resume belongs to a command of your own"),
        (["pppo"], UnknownNameError, r"No recipe 'pppo'.*behind --, with \{out\}"),
        (["--", "train.sh", "{out}"], ConfigError, "How 'train.sh .out.' goes on .* is not known"),
    ],
)
def test_what_cannot_be_killed_is_refused(words, kind, match):
    result = run("kill", *words)
    with pytest.raises(kind, match=match):
        raise result.exception
