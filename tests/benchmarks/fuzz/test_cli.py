import json

import pytest
from typer.testing import CliRunner

from hopgym.__main__ import build_app
from hopgym.benchmarks.fuzz import judges
from hopgym.errors import ConfigError


def run(*arguments):
    return CliRunner().invoke(build_app(), ["fuzz", *map(str, arguments)])


def test_figures_and_no_failure(tmp_path):
    result = run("judges", "--count", 60, "--json", tmp_path / "f.json", "--out", tmp_path / "bad")
    assert result.exit_code == 0 and "judges:replies" in result.output
    figures = json.loads((tmp_path / "f.json").read_text())
    assert [one["inputs"] for one in figures] == [30, 32]
    assert not (tmp_path / "bad").exists()


def test_a_failure_is_saved_and_can_be_replayed(tmp_path, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(judges, "_check_failure", lambda error: 1 / 0)
        result = run("judges", "--count", 100, "--out", tmp_path)
    assert result.exit_code == 1 and "ZeroDivisionError" in result.output
    assert "was left after 20 failures" in " ".join(result.output.split())
    file = next(iter(sorted(tmp_path.iterdir())))
    assert "does not fail any more" in run("judges", "--replay", file).output


def test_one_environment_with_keywords(tmp_path):
    small = ("--set", "hops=2", "--set", "questions=world?entities=120&dev=5&test=5")
    result = run("hopgym/RAG-v0", "--count", 20, *small, "--out", tmp_path)
    assert result.exit_code == 0 and "hops=2" in result.output


def test_keywords_are_one_environment_s():
    with pytest.raises(ConfigError, match="--set is for one environment"):
        raise run("judges", "--set", "hops=2").exception
