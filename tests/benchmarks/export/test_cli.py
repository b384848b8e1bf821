import json

import pytest
from typer.testing import CliRunner

from hopgym.__main__ import build_app
from hopgym.errors import ConfigError

WORLD = "world?entities=300&hops=1-2&train=4&dev=2&test=6"


def run(*words):
    result = CliRunner().invoke(build_app(), ["export", *map(str, words)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_results_for_trl(text_results, tmp_path):
    out = tmp_path / "steps.jsonl"
    said = run(text_results, "--to", "trl", "--out", out).output
    rows = lines(out)
    assert f"{len(rows)} rows of" in said and "left out by em 0" in said
    assert {"prompt", "completion"} < rows[0].keys()
    run(text_results, "--to", "trl", "--unit", "episode", "--no-system", "--out", out)
    assert len(lines(out)) < len(rows) and lines(out)[0]["messages"][0]["role"] == "user"


def test_questions_for_trl_and_verl(tmp_path, text_results):
    parquet = pytest.importorskip("pyarrow.parquet")
    out = tmp_path / "asked.jsonl"
    run("--questions", WORLD, "--to", "trl", "--grammar", "r3", "--out", out)
    assert len(lines(out)) == 4 and "The question:" in lines(out)[0]["prompt"][1]["content"]
    table = tmp_path / "t.parquet"
    run("--questions", WORLD, "--split", "dev", "--to", "verl", "--out", table)
    rows = parquet.read_table(table).to_pylist()
    assert [row["extra_info"]["index"] for row in rows] == [0, 1]
    assert rows[0]["data_source"] == "world"
    run(text_results, "--to", "verl", "--data-source", "hotpotqa", "--out", table)
    rows = parquet.read_table(table).to_pylist()
    assert len(rows) == 6 and rows[0]["data_source"] == "hotpotqa"


def test_results_for_minari(array_results, tmp_path):
    pytest.importorskip("minari")
    (path,) = array_results.glob("steps--oracle*.jsonl")
    run(path, "--to", "minari", "--out", tmp_path / "oracle-v0")
    assert (tmp_path / "oracle-v0" / "data" / "metadata.json").is_file()


def test_what_is_missing_is_told(tmp_path):
    with pytest.raises(ConfigError, match="Nothing to export"):
        run("--to", "trl", "--out", tmp_path / "a.jsonl")
    with pytest.raises(ConfigError, match="There is no 'nowhere'"):
        run("nowhere", "--to", "trl", "--out", tmp_path / "a.jsonl")
    with pytest.raises(ConfigError, match="episodes, not questions"):
        run("--questions", WORLD, "--to", "minari", "--out", tmp_path / "a-v0")
    with pytest.raises(ConfigError, match=r"must end in \.parquet"):
        run("--questions", WORLD, "--to", "verl", "--out", tmp_path / "a.jsonl")
    assert not list(tmp_path.iterdir())
