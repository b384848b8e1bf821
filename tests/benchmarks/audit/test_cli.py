import json

import pytest
import typer
from typer.testing import CliRunner

from hopgym.benchmarks.audit.cli import add_commands
from hopgym.errors import ConfigError, UnknownNameError

app = typer.Typer()
add_commands(app)
app.callback()(lambda: None)

FIXTURES = "hopgym.benchmarks.audit.fixtures:audit/"
WORLD = ("--questions", "world?entities=400&dev=100", "--split", "dev")


def run(*arguments):
    return CliRunner().invoke(app, ["audit", *map(str, arguments)])


def test_checks_are_listed():
    assert "candidate_list" in run("--list").stdout


def test_a_sound_one_has_status_0():
    result = run(
        *("hopgym/RAG-v0", *WORLD, "--set", "top_k=2", "--episodes", 4),
        *("--only", "replay,one_ending", "--only", "reward_terms"),
    )
    assert result.exit_code == 0, result.output
    assert "3 passed, 0 failed, 0 not applicable." in result.stdout


def test_one_that_fails_has_status_1_and_is_written(tmp_path):
    out = tmp_path / "audit.json"
    result = run(f"{FIXTURES}NeMoGym-v0", "--only", "yes_and_no", "--json", out)
    assert result.exit_code == 1 and "yes_and_no" in result.stdout
    plain = json.loads(out.read_text())
    assert plain["sound"] is False and plain["checks"][0]["status"] == "failed"


def test_json_alone_is_printed():
    result = run(f"{FIXTURES}GEM-v0", "--only", "replay", "--json", "-")
    assert json.loads(result.stdout)["sound"] is True


def test_a_user_s_own_environment_and_oracle(tmp_path):
    file = tmp_path / "own.py"
    file.write_text(
        "import gymnasium\n"
        "from hopgym.benchmarks.audit.fixtures.tasks import QaEnv\n"
        "gymnasium.register('own/Qa-v0', QaEnv)\n"
        "def good(text): return '<answer>yes</answer>'\n"
    )
    result = run(f"{file}:own/Qa-v0", "--only", "oracle_max", "--oracle", f"{file}:good")
    assert result.exit_code == 0 and "oracle_max" in result.stdout


def test_mistakes_are_told(tmp_path):
    (tmp_path / "file").touch()
    for arguments, error, said in (
        ((), ConfigError, "Which environment"),
        (("none/Such-v0",), UnknownNameError, "Unknown environment"),
        (("hopgym/RAG-v0", "--only", "replai"), UnknownNameError, "Did you mean 'replay'"),
        (("hopgym/RAG-v0", "--set", "split=dev"), ConfigError, "use --split"),
        (
            (f"{FIXTURES}GEM-v0", "--only", "replay", "--json", tmp_path / "file" / "x.json"),
            ConfigError,
            "cannot be written",
        ),
    ):
        result = run(*arguments)
        assert isinstance(result.exception, error)
        with pytest.raises(error, match=said):
            raise result.exception
