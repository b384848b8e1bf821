from pathlib import Path

import pytest
from boards import make_one

from hopgym.benchmarks import mending
from hopgym.benchmarks.mending import cut_half_line, told
from hopgym.benchmarks.records import encode
from hopgym.benchmarks.results import ResultsFile
from hopgym.errors import ResultsError

PROTOCOL = make_one().protocol
RECORDS = [make_one(question_id=f"q{n}") for n in range(3)]


def written(folder, records):
    with ResultsFile(folder, PROTOCOL) as file:
        for record in records:
            file.append(record)
        return file.path


def test_a_last_line_that_is_no_json_is_cut_off(tmp_path):
    path = written(tmp_path, RECORDS[:2])
    whole = path.read_bytes()
    path.write_bytes(whole + b"\0\0\0\0\n")
    cut_half_line(path)
    assert path.read_bytes() == whole


def test_what_a_killed_seal_left_is_swept_away(tmp_path):
    path = written(tmp_path, RECORDS[:1])
    (tmp_path / f".{path.name}.abcd1234").write_bytes(b"half")
    others = {".world--other.jsonl.abcd1234", f".{path.name}.backup", f".{path.name}.2026_11_21"}
    for name in others:
        (tmp_path / name).write_bytes(b"of another")
    with ResultsFile(tmp_path, PROTOCOL) as file:
        assert file.records == RECORDS[:1]
    assert {p.name for p in tmp_path.iterdir()} == {path.name, *others}


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize("text", [b"[1]\n", b"a,b\n1,2", b'{"id": 3}', b"\xff\xfe\n"])
def test_a_file_that_no_benchmark_wrote_is_left_as_it_is(tmp_path, text, fresh):
    path = tmp_path / "world--iterative.jsonl"
    path.write_bytes(text)
    with pytest.raises(
        ResultsError,
        match=r"jsonl:1: not a record .*is no results file, or a damaged.*move the file",
    ):
        ResultsFile(tmp_path, PROTOCOL, fresh=fresh)
    assert path.read_bytes() == text and [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("cut", [0, 3, 10, 200])
def test_half_of_a_first_record_is_our_own(tmp_path, cut):
    path = tmp_path / "world--iterative.jsonl"
    path.write_bytes(encode(RECORDS[0])[:cut])
    with ResultsFile(tmp_path, PROTOCOL) as file:
        assert file.records == []
    assert path.read_bytes() == b""


def test_a_long_last_line_is_found_from_the_end(tmp_path, monkeypatch):
    path = written(tmp_path, RECORDS[:3])
    whole = path.read_bytes()
    monkeypatch.setattr(mending, "BLOCK", 7)  # many blocks to a line
    for rest in (b"", b"x", b'{"half": ' + b"y" * 5000):
        path.write_bytes(whole + rest)
        cut_half_line(path)
        assert path.read_bytes() == whole


def test_what_the_system_refuses_is_told_with_what_to_do():
    with (
        pytest.raises(ResultsError, match=r"o cannot be written \(No such file.*choose another"),
        told("o cannot be written"),
    ):
        Path("/nowhere/at/all").read_bytes()
