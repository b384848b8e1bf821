import json

import pytest
import typer
from typer.testing import CliRunner

from hopgym.benchmarks.judge_cli import add_commands
from hopgym.errors import ConfigError, UnknownNameError

app = typer.Typer()
add_commands(app)
app.callback()(lambda: None)

OWN = """
from hopgym.rewards.judges import Verdict

class Away:
    name = "away"
    fingerprint = "away-1"
    def outcome(self, claims):
        return [Verdict(0.0, "[bold]no key[/]", unscored=True) for _ in claims]
    semantic = process = outcome
"""


def run(*arguments):
    return CliRunner().invoke(app, ["judge", *map(str, arguments)])


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "one.jsonl"
    record = {"question": "Who?", "prediction": "Ada.", "answers": ["Ada"], "verdict": True}
    wrong = {**record, "prediction": "Ada or Bea"}
    path.write_text(json.dumps(record) + "\n" + json.dumps(wrong) + "\n")
    return path


def test_judges_are_listed():
    listed = run("list").stdout
    assert all(name in listed for name in ("rule", "openai", "gemini", "strict=false"))


def test_a_table_of_files_and_of_the_world(file):
    shown = run("audit", file, "--claims", 2).stdout
    row = next(line for line in shown.splitlines() if line.strip().startswith("one"))
    assert row.split() == ["one", "2", "0.500", "0.000", "1.000", "0.500", "1", "0", "1", "0"]
    assert "y/n: the judge said yes" in shown and "none: no verdict" not in shown
    assert "the truth about the world" in shown and "orders to judge" in shown


def test_json_has_the_figures_and_nothing_else(file):
    result = run("audit", file, "--no-world", "--json", "--judge", "rule?strict=false")
    plain = json.loads(result.stdout)
    assert plain["world"] == {} and plain["files"]["all"]["n"] == 2
    assert plain["asked"] == "outcome" and plain["threshold"] == 0.5


def test_what_differs_is_written(file, tmp_path):
    out = tmp_path / "audit.json"
    result = run("audit", file, "--no-world", "--out", out, "--ask", "semantic")
    assert result.exit_code == 0 and "Wrote" in result.stderr
    (differing,) = json.loads(out.read_text())["differences"]
    assert differing["answer"] == "Ada or Bea" and differing["reason"] == "refused: candidates"
    result = run("audit", file, "--no-world", "--out", file / "audit.json")
    assert isinstance(result.exception, ConfigError) and "cannot be written" in str(
        result.exception
    )


def test_the_unscored_have_a_column_and_their_reason(file, tmp_path):
    (tmp_path / "away_judge.py").write_text(OWN)
    own = f"{tmp_path / 'away_judge.py'}:Away"
    result = run("audit", file, "--no-world", "--judge", own)
    assert result.exit_code == 1
    assert "Nothing was judged: away gave no verdict on any of 2 claims" in result.stderr
    assert "none: no verdict" in result.stdout and "2 unscored: [bold]no key[/]" in result.stdout
    row = next(line for line in result.stdout.splitlines() if line.strip().startswith("one"))
    assert row.split()[1:] == ["0", *"\u2013\u2013\u2013\u2013", "0", "0", "0", "0", "2"]


def test_one_verdict_is_an_audit(file, tmp_path):
    half = OWN.replace("for _ in claims]", "for _ in claims[1:]] + [Verdict(1.0)]")
    (tmp_path / "half_judge.py").write_text(half)
    result = run("audit", file, "--no-world", "--judge", f"{tmp_path / 'half_judge.py'}:Away")
    assert result.exit_code == 0 and "none: no verdict" in result.stdout
    assert "Nothing was judged" not in result.stderr


def test_without_a_verdict_json_and_file_are_written_all_the_same(file, tmp_path):
    (tmp_path / "none_judge.py").write_text(OWN)
    own, out = f"{tmp_path / 'none_judge.py'}:Away", tmp_path / "audit.json"
    result = run("audit", file, "--no-world", "--judge", own, "--json", "--out", out)
    assert result.exit_code == 1
    assert json.loads(result.stdout)["unscored"] == json.loads(out.read_text())["unscored"]


def test_files_of_one_name_are_told_apart(file, tmp_path):
    (tmp_path / "b").mkdir()
    other = tmp_path / "b" / "one.jsonl"
    other.write_bytes(file.read_bytes())
    shown = run("audit", file, other, "--no-world", "--json").stdout
    assert list(json.loads(shown)["files"]) == [str(file), str(other), "all"]
    assert run("audit", file, other, "--no-world").stdout.count("one") >= 2


def test_errors_are_ours(file):
    assert isinstance(run("audit", file, "--judge", "rul").exception, UnknownNameError)
    assert "Nothing to compare with" in str(run("audit", "--no-world").exception)
