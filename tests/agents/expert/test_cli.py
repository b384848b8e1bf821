import json

import typer
from typer.testing import CliRunner

from hopgym.agents.expert.cli import add_commands
from hopgym.errors import ConfigError, DataError

WORLD = ["--questions", "world?entities=300&train=20&dev=10&test=10&hops=1-2"]


def run(*arguments):
    app = typer.Typer()
    app.callback()(lambda: None)
    add_commands(app)
    return CliRunner().invoke(app, ["expert", *map(str, arguments)], env={"COLUMNS": "200"})


def test_from_questions_to_rows(tmp_path):
    raw, rows = tmp_path / "raw.jsonl", tmp_path / "rows.json"
    result = run("collect", "--out", raw, *WORLD, "--set", "top_k=4", "--accept", "em")
    assert result.exit_code == 0, result.output
    assert "questions" in result.output and "20" in result.output
    assert f"Next: hopgym expert rows {raw} --out rows.json" in result.stderr
    solved = sum("id" in json.loads(line) for line in raw.open())
    assert solved >= 18
    result = run("rows", raw, "--out", rows)
    assert result.exit_code == 0, result.output
    written = json.loads(rows.read_text())
    assert f"Wrote {rows}: {len(written)} steps of {solved} episodes." in result.stderr
    assert list(written[0]) == ["instruction", "input", "output"]
    again = run("rows", rows, "--out", tmp_path / "again.jsonl")
    assert again.exit_code == 0
    assert [json.loads(line) for line in (tmp_path / "again.jsonl").open()] == written


def test_any_agent_and_every_option(tmp_path):
    raw = tmp_path / "raw.jsonl"
    result = run(
        "collect", "--out", raw, *WORLD, "--agent", "single_shot", "--retry-agent", "iterative",
        "--accept", "f1>=0.5", "--accept", "judge=rule", "--attempts", 2, "--episodes", 6,
        "--exclude", "test", "--num-envs", 3, "--set", "grammar=search_r1",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    records = [json.loads(line) for line in raw.open()]
    assert len(records) == 6
    agents = {record["hopgym"].get("attempt") for record in records}
    assert 2 in agents  # what one search does not find


def test_failures_are_told_and_the_exit_status_says_so(tmp_path):
    out = tmp_path / "raw.jsonl"
    closed = "retriever=http?url=http://127.0.0.1:9&retries=0"
    result = run("collect", "--out", out, *WORLD, "--episodes", 1, "--set", closed)
    assert result.exit_code == 1
    assert "First failure: " in result.stderr and "retry them" in result.stderr
    assert "http://127.0.0.1:9" in result.stderr


def test_ctrl_c_says_what_is_kept(tmp_path, monkeypatch):
    def stopped(*given, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr("hopgym.agents.expert.collect.collect", stopped)
    result = run("collect", "--out", tmp_path / "raw.jsonl")
    assert result.exit_code == 130 and "the same command goes on from there" in result.stderr


def test_mistakes_are_refused(tmp_path):
    result = run("collect", "--out", tmp_path / "raw.jsonl", "--exclude", "train")
    assert isinstance(result.exception, ConfigError)
    assert "--exclude train is the split to collect from" in str(result.exception)
    result = run("rows", tmp_path / "nope.jsonl", "--out", tmp_path / "rows.json")
    assert isinstance(result.exception, DataError)
    same = tmp_path / "rows.jsonl"
    same.write_text(json.dumps({"instruction": "The question: Who?", "input": "", "output":
        "Step 1:\nThe problem analysis: I look.\nThe final answer: Ada"}))  # fmt: skip
    result = run("rows", same, "--out", same)
    assert isinstance(result.exception, ConfigError) and "Choose another" in str(result.exception)
