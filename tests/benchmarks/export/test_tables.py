import json

import pytest

from hopgym.benchmarks.export.tables import check_name, write_rows
from hopgym.errors import ConfigError, DataError

ROWS = [
    {"messages": [{"role": "user", "content": "Où?\u2028"}], "reward": 0.1 + 0.2, "n": 1},
    {"messages": [], "reward": -1.0, "n": 2},
]


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl", "a.jsonl.gz"])
def test_datasets_reads_what_was_written(tmp_path, name):
    datasets = pytest.importorskip("datasets")
    path = tmp_path / name
    assert write_rows(path, ROWS) == 2
    kind = "parquet" if name.endswith("parquet") else "json"
    read = datasets.load_dataset(
        kind, data_files=str(path), split="train", cache_dir=str(tmp_path / "cache")
    )
    assert read.to_list() == ROWS


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl", "a.jsonl.gz"])
def test_the_same_rows_give_the_same_bytes(tmp_path, name):
    write_rows(tmp_path / "1" / name, ROWS)
    write_rows(tmp_path / "2" / name, ROWS)
    assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


def test_refused_rows_leave_the_old_file(tmp_path):
    path = tmp_path / "a.jsonl"
    write_rows(path, ROWS[:1])
    before = path.read_bytes()
    with pytest.raises(TypeError):
        write_rows(path, [ROWS[0], {"n": object()}])
    with pytest.raises(DataError, match=r"no row to write to .*a\.jsonl"):
        write_rows(path, [])
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["a.jsonl"]
    assert json.loads(before)["reward"] == 0.1 + 0.2


def test_the_name_says_the_format(tmp_path):
    with pytest.raises(ConfigError, match=r"must end in \.parquet, \.jsonl or \.jsonl\.gz"):
        check_name(tmp_path / "a.csv")
    with pytest.raises(ConfigError, match=r"must end in \.parquet\."):
        check_name(tmp_path / "a.jsonl", parquet_only=True)
