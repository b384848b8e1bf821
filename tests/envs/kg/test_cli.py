import json

import pytest
import typer
from typer.testing import CliRunner

from hopgym.envs.kg.cli import add_commands
from hopgym.errors import ConfigError, DataError


def run(*arguments):
    app = typer.Typer()
    app.callback()(lambda: None)
    add_commands(app)
    result = CliRunner().invoke(app, ["kg", "heuristics", *map(str, arguments)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_the_world_becomes_a_file_and_a_table(tmp_path):
    file = tmp_path / "h.jsonl"
    shown = run("--questions", "world?dev=20&train=5&test=5", "--split", "dev", "--output", file)
    records = [json.loads(line) for line in file.read_text().splitlines()]
    assert len(records) == 20
    assert list(records[0])[:5] == ["id", "question", "triples", "paths", "answer"]
    with_paths = sum(any(record["labels"]) for record in records)
    assert (
        "lines written" in shown.stdout and f"{with_paths} ({with_paths / 20:.1%})" in shown.stdout
    )
    assert "of 1 hop " in shown.stdout and "of those written" not in shown.stdout


def test_every_option_is_heard(tmp_path):
    file = tmp_path / "h.jsonl.gz"
    options = "--mode either --slack 2 --max-hops 0 --min-precision 0.1 --max-facts 4"
    more = "--max-paths 1 --only-with-paths --workers 2 --questions world?dev=20&train=5&test=5"
    shown = run(*options.split(), *more.split(), "--output", file)
    assert file.exists() and "of those written, mean" in shown.stdout


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (["--mode", "both"], ConfigError, "mode is 'both'; it may be undirected"),
        (["--slack", "4"], ConfigError, "slack is 4"),
        (["--workers", "0"], ConfigError, "workers is 0"),
        (["--split", "tset"], ConfigError, "no split 'tset'"),
        (["--max-facts", "-2"], ConfigError, "max_facts is -2"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(tmp_path, options, error, message):
    with pytest.raises(error, match=message):
        run("--output", tmp_path / "h", *options)
    assert not list(tmp_path.iterdir())


def test_questions_without_facts_are_refused(tmp_path):
    file = tmp_path / "plain.jsonl"
    file.write_text('{"id": "1", "question": "Who?", "answer": "Ada"}\n')
    with pytest.raises(DataError, match="None of the 1 questions has facts"):
        run("--questions", file, "--output", tmp_path / "h")


def test_the_help_says_that_a_file_is_written_anew():
    assert "replaced" in " ".join(run("--help").stdout.split())
