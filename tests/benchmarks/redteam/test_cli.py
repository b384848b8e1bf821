import json

import pytest
import typer
from redteaming import DAG, SEARCH, WORLD
from typer.testing import CliRunner

from hopgym.benchmarks.redteam.cli import redteam
from hopgym.errors import ConfigError, UnknownNameError

app = typer.Typer()
app.command()(redteam)


def run(*arguments):
    return CliRunner().invoke(app, [*map(str, arguments)], env={"COLUMNS": "160"})


def test_exploits_are_listed():
    shown = run("--list").stdout
    assert "candidates" in shown and "leak_pickles" in shown


def test_nothing_found_is_status_0(tmp_path):
    page, data = tmp_path / "t.md", tmp_path / "t.json"
    result = run(
        "--envs", SEARCH, "--exploits", "unknown,empty", "--questions", WORLD, "--episodes", 3,
        "--md", page, "--json", data,
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "0 of 2 cells are findings." in result.stdout
    assert "| unknown |" in page.read_text() and json.loads(data.read_text())["failures"] == 0


def test_a_finding_is_status_1():
    result = run(
        "--envs", DAG, "--exploits", "unknown", "--rewards", "default,dag_original",
        "--questions", WORLD, "--episodes", 3, "--judge", "rule",
    )  # fmt: skip
    assert result.exit_code == 1
    assert "1 of 2 cells are findings." in result.stdout and "0.50 free" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--exploits", "nope"], UnknownNameError),
        (["--envs", "hopgym/Serch-v0"], UnknownNameError),
        (["--rewards", "nope"], UnknownNameError),
        (["--judge", "nope", "--envs", DAG], UnknownNameError),
        (["--exploits", "a,,b"], ConfigError),
    ],
)
def test_bad_input_is_one_error(arguments, error):
    assert isinstance(run("--questions", WORLD, "--episodes", 2, *arguments).exception, error)


def test_a_place_that_cannot_be_written_is_one_error(tmp_path):
    given = ["--envs", SEARCH, "--exploits", "unknown", "--questions", WORLD, "--episodes", 2]
    (tmp_path / "file").touch()
    result = run(*given, "--md", tmp_path / "file" / "t.md")
    assert isinstance(result.exception, ConfigError)
    assert "cannot be written" in str(result.exception)
