from pathlib import Path

import pytest
from boards import make_failed, make_one
from hypothesis import given
from hypothesis import strategies as st

from hopgym.benchmarks.leaderboard import load_board
from hopgym.benchmarks.records import Key, encode
from hopgym.benchmarks.results import ResultsFile, find_results, read_records, slug
from hopgym.errors import ResultsError

PROTOCOL = make_one().protocol
RECORDS = [make_one(question_id=f"q{n}", seed=s) for s in (0, 1) for n in range(3)]
ORDER = {"q0": 0, "q1": 1, "q2": 2}


def written(folder, records):
    with ResultsFile(folder, PROTOCOL) as file:
        for record in records:
            file.append(record)
        return file.path


def test_what_was_appended_is_read_again(tmp_path):
    path = written(tmp_path, RECORDS)
    assert path.name == "world--iterative.jsonl"
    assert list(read_records(path).values()) == RECORDS
    with ResultsFile(tmp_path, PROTOCOL) as file:
        assert file.done == {record.key for record in RECORDS}
        assert file.records == RECORDS


def test_a_record_is_in_the_file_when_append_returns(tmp_path):
    with ResultsFile(tmp_path, PROTOCOL) as file:
        file.append(RECORDS[0])
        assert file.path.read_bytes() == encode(RECORDS[0])


@given(cut=st.integers(min_value=0, max_value=sum(len(encode(r)) for r in RECORDS)))
def test_cut_anywhere_only_the_half_line_is_lost(tmp_path_factory, cut):
    folder = tmp_path_factory.mktemp("cut")
    path = written(folder, RECORDS)
    data = path.read_bytes()[:cut]
    path.write_bytes(data)
    whole = data.count(b"\n")
    with ResultsFile(folder, PROTOCOL) as file:
        assert file.records == RECORDS[:whole]
        for record in RECORDS[whole:]:
            file.append(record)
    assert list(read_records(path).values()) == RECORDS


def test_a_bad_line_in_the_middle_is_named(tmp_path):
    path = written(tmp_path, RECORDS[:2])
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b'{"agent": 3}\n' + lines[1])
    with pytest.raises(ResultsError, match=r"iterative\.jsonl:2: not a record .*Remove this line"):
        ResultsFile(tmp_path, PROTOCOL)
    # The refusal let go of the lock.
    with pytest.raises(ResultsError, match=":2:"):
        ResultsFile(tmp_path, PROTOCOL)


@pytest.mark.parametrize("field", ["agent", "task", "split"])
def test_a_file_of_two_agents_is_refused_and_hides_neither(tmp_path, field):
    path = tmp_path / "all.jsonl"
    path.write_bytes(encode(make_one()) + encode(make_one(**{field: "other"})))
    with pytest.raises(ResultsError, match=rf"all\.jsonl:2: of another agent.*{field}: "):
        read_records(path)


def test_an_episode_counts_once_and_scored_before_failed(tmp_path):
    failed = make_failed(question_id="q0")
    path = written(tmp_path, [failed, RECORDS[1]])
    with ResultsFile(tmp_path, PROTOCOL) as file:
        assert file.done == {Key("q1", 0)}
        file.append(RECORDS[0])
        file.append(make_one(question_id="q0", prediction="again"))
    assert list(read_records(path).values()) == [RECORDS[0], RECORDS[1]]


def test_sealing_brings_any_history_to_one_file(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    for folder, records in (
        (first, RECORDS),
        (second, [make_failed(question_id="q1"), *reversed(RECORDS), RECORDS[0]]),
    ):
        with ResultsFile(folder, PROTOCOL) as file:
            for record in records:
                file.append(record)
            file.seal(ORDER)
            sealed = file.path.read_bytes()
            file.seal(ORDER)
            assert file.path.read_bytes() == sealed
    name = "world--iterative.jsonl"
    assert (first / name).read_bytes() == (second / name).read_bytes()
    keys = list(read_records(first / name))
    assert keys == [Key(q, s) for q in ("q0", "q1", "q2") for s in (0, 1)]


def test_a_sealed_file_can_be_continued(tmp_path):
    with ResultsFile(tmp_path, PROTOCOL) as file:
        file.append(RECORDS[0])
        file.seal(ORDER)
        file.append(RECORDS[1])
    assert len(read_records(file.path)) == 2
    assert [p.name for p in tmp_path.iterdir()] == ["world--iterative.jsonl"]


@pytest.mark.parametrize(
    "changes",
    [
        {"dataset_fingerprint": "data-2"},
        {"retriever_fingerprint": "bm25-2"},
        {"env_kwargs": {"max_steps": 5}},
        {"hopgym_version": "0.2.0"},
        {"split": "dev"},
        {"env_fingerprint": "env-2"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_file_of_other_conditions_is_refused(tmp_path, changes):
    path = written(tmp_path, RECORDS[:1])
    before = path.read_bytes()
    name = next(iter(changes)).replace("env_kwargs", "max_steps")
    with pytest.raises(ResultsError, match=rf"{name}: .*another --out, or pass --fresh"):
        ResultsFile(tmp_path, make_one(**changes).protocol)
    assert path.read_bytes() == before


def test_two_runs_do_not_write_one_file(tmp_path):
    with ResultsFile(tmp_path, PROTOCOL), pytest.raises(ResultsError, match="another run"):
        ResultsFile(tmp_path, PROTOCOL)


def test_a_folder_that_cannot_be_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ResultsError, match="cannot be a results folder"):
        ResultsFile(tmp_path / "file" / "out", PROTOCOL)


def test_results_are_found_in_folders_below(tmp_path):
    written(tmp_path / "a" / "b", RECORDS[:1])
    path = tmp_path / "a" / "b" / "world--iterative.jsonl"
    assert find_results([tmp_path, path]) == ([path], [])
    (tmp_path / "a" / "other.jsonl").write_text("[1]\n")
    assert find_results([tmp_path]) == ([path], [tmp_path / "a" / "other.jsonl"])
    with pytest.raises(ResultsError, match=r"No folder '.*nothing'. It is looked for from"):
        find_results([tmp_path / "nothing"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(ResultsError, match=r"No results in .*it holds none.*hopgym bench --out"):
        find_results([tmp_path / "empty"])
    path.unlink()
    with pytest.raises(ResultsError, match=r"No results in .*none of its 1 \*.jsonl files is"):
        find_results([tmp_path])


@pytest.mark.parametrize(
    "damage", [b"{}\n", b'{"env_id": "e", "ag\n', b"\x9c\xff\x00\x81", b"\x9c\xff\n\x81"]
)
def test_a_results_file_whose_beginning_is_damaged_is_no_file_of_others(tmp_path, damage):
    path = written(tmp_path, RECORDS[:2])
    (tmp_path / "other.jsonl").write_bytes(path.read_bytes())
    path.write_bytes(damage + path.read_bytes().partition(b"\n")[2] * damage.endswith(b"\n"))
    for folders in ([tmp_path], [path.parent, tmp_path / "other.jsonl"]):
        with pytest.raises(ResultsError, match=r"world--iterative\.jsonl:1: not a record"):
            find_results(folders)
    with pytest.raises(ResultsError, match=r":1: not a record .*remove the damaged line"):
        load_board([path])
    path = path.rename(tmp_path / "predictions.jsonl")
    assert find_results([tmp_path]) == ([tmp_path / "other.jsonl"], [path])


@given(st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=60))
def test_two_names_never_share_a_file(first, second):
    assert (slug(first) == slug(second)) == (first == second)
    assert "/" not in slug(first) and "--" not in slug(first) and not slug(first).startswith(".")


def test_fresh_keeps_what_there_is_until_the_first_record(tmp_path):
    path = written(tmp_path, RECORDS)
    before = path.read_bytes()
    with ResultsFile(tmp_path, PROTOCOL, fresh=True) as file:
        assert file.done == set() and path.read_bytes() == before
        file.append(RECORDS[1])
        file.append(RECORDS[2])
    assert list(read_records(path).values()) == RECORDS[1:3]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_is_one_clear_error(tmp_path):
    with ResultsFile(tmp_path, PROTOCOL) as file:
        file.append(RECORDS[0])
        file._close_stream()
        file._stream = open("/dev/full", "ab", buffering=0)  # noqa: SIM115
        with pytest.raises(ResultsError, match=r"cannot be written \(No space left.*is kept"):
            file.append(RECORDS[1])
    assert list(read_records(file.path).values()) == RECORDS[:1]


def test_what_cannot_be_read_is_one_clear_error(tmp_path):
    (tmp_path / "world--iterative.jsonl").mkdir()
    with pytest.raises(ResultsError, match=r"world--iterative.jsonl cannot be written \(Is a dir"):
        ResultsFile(tmp_path, PROTOCOL)
    with pytest.raises(ResultsError, match=r"cannot be read \(Is a directory"):
        read_records(tmp_path / "world--iterative.jsonl")
