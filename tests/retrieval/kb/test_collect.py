import pytest
from kb_files import records, write_lines

from hopgym.core import Document
from hopgym.errors import DataError
from hopgym.retrieval.content import ContentHash
from hopgym.retrieval.kb import collect as module
from hopgym.retrieval.kb.collect import collect
from hopgym.retrieval.kb.manifest import Recipe
from hopgym.retrieval.kb.staging import staging


@pytest.fixture
def place(tmp_path):
    with staging(tmp_path / "kb") as place:
        place.begin("plan")
        yield place


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    monkeypatch.setattr(module, "PART", 10)


def test_records_become_passages_in_their_order(place, tmp_path):
    rows = records(25)
    path = write_lines(tmp_path / "d.jsonl", rows)
    collected = collect(place, Recipe(), [path])
    assert [d.id for d in place.documents()] == [row["id"] for row in rows]
    assert collected.passages == 25 and collected.counts == {"records": 25}
    assert collected.content.hexdigest() == ContentHash(place.documents()).hexdigest()
    assert len(list(place.parts())) == 3


def test_several_files_are_one_collection(place, tmp_path):
    rows = [{"text": f"text {n}"} for n in range(20)]
    paths = [
        write_lines(tmp_path / "a.jsonl", rows[:10]),
        write_lines(tmp_path / "b.jsonl.gz", rows[10:]),
    ]
    collect(place, Recipe(), paths)
    assert [d.id for d in place.documents()] == [str(n) for n in range(20)]


def test_what_is_left_out_is_counted_and_told(place, tmp_path):
    rows = records(3)
    copy = {**rows[0], "id": "copy"}
    near = {**rows[1], "id": "near", "title": rows[1]["title"] + "!"}
    path = write_lines(tmp_path / "d.jsonl", [*rows, copy, near, b"{", {"id": "x", "text": ""}])
    collected = collect(place, Recipe(near_duplicates=0.9), [path], strict=False)
    assert collected.counts == {
        "records": 7,
        "duplicates": 1,
        "near-duplicates": 1,
        "skipped: not JSON": 1,
        "skipped: empty": 1,
    }
    assert len(collected.problems) == 2 and "d.jsonl:6" in collected.problems[0]
    dropped = [dropped for part, _ in place.parts() for dropped in part.dropped]
    assert [(d.id, d.of) for d in dropped] == [("copy", rows[0]["id"]), ("near", rows[1]["id"])]
    assert "7 records" in str(collected)


def test_a_bad_record_stops_a_strict_collection(place, tmp_path):
    path = write_lines(tmp_path / "d.jsonl", [*records(3), b"\xff"])
    with pytest.raises(DataError, match=r"d\.jsonl:4: not UTF-8.*--no-strict"):
        collect(place, Recipe(), [path])


def test_duplicate_ids_that_say_different_things_are_refused(place, tmp_path):
    rows = [*records(15), {"id": "d00003", "text": "Something else."}]
    path = write_lines(tmp_path / "d.jsonl", rows)
    with pytest.raises(DataError, match="'d00003' is taken by an earlier document"):
        collect(place, Recipe(), [path])
    place.begin("another plan")
    collected = collect(place, Recipe(), [path], strict=False)
    assert collected.counts["skipped: id taken"] == 1 and collected.passages == 15


def test_the_same_record_twice_is_one(place, tmp_path):
    path = write_lines(tmp_path / "d.jsonl", [*records(15), *records(15)])
    collected = collect(place, Recipe(dedupe=False), [path])
    assert collected.passages == 15 and collected.counts["duplicates"] == 15


def test_long_documents_are_cut(place, tmp_path):
    path = write_lines(tmp_path / "d.jsonl", records(2, words=20))
    collect(place, Recipe(chunk_tokens=10, overlap=2), [path])
    assert {d.id.partition("#")[2] for d in place.documents()} == {"0", "1", "2"}


class Stop(BaseException):
    pass


@pytest.mark.parametrize("stop_after", range(5))
def test_a_stopped_collection_continues_and_ends_the_same(tmp_path, monkeypatch, stop_after):
    rows = records(48)
    rows[30]["text"], rows[40]["text"] = rows[2]["text"], rows[12]["text"]
    rows[30]["title"], rows[40]["title"] = rows[2]["title"], rows[12]["title"]
    paths = [
        write_lines(tmp_path / "a.jsonl", [*rows[:17], b"{"]),
        write_lines(tmp_path / "b.jsonl", [b"", *rows[17:]]),
    ]
    recipe = Recipe(chunk_tokens=10, near_duplicates=0.9)
    with staging(tmp_path / "whole") as whole:
        whole.begin(1)
        expected = collect(whole, recipe, paths, strict=False)
        parts = [(part, list(passages)) for part, passages in whole.parts()]

    with staging(tmp_path / "kb") as place:
        place.begin(1)
        write, written = place.write, []

        def stopping(part, passages):
            if len(written) == stop_after:
                raise Stop
            written.append(part)
            write(part, passages)

        monkeypatch.setattr(place, "write", stopping)
        with pytest.raises(Stop):
            collect(place, recipe, paths, strict=False)
    with staging(tmp_path / "kb") as place:
        place.begin(1)
        assert len(list(place.parts())) == stop_after
        collected = collect(place, recipe, paths, strict=False)
        assert [(part, list(passages)) for part, passages in place.parts()] == parts
    assert collected.content.hexdigest() == expected.content.hexdigest()
    assert (collected.counts, collected.problems) == (expected.counts, expected.problems)


def test_what_is_there_already_is_not_collected_again(place, tmp_path):
    rows = records(12)
    base = [Document(row["id"], row["title"], row["text"]) for row in rows[:7]]
    path = write_lines(tmp_path / "d.jsonl", rows)
    collected = collect(place, Recipe(), [path], base=base)
    assert collected.passages == 5
    assert collected.content.count == 12, "the hash is that of all"


def test_progress_tells_the_file_and_its_bytes(place, tmp_path):
    paths = [write_lines(tmp_path / f"{n}.jsonl", [{"text": f"text {n}"}]) for n in "ab"]
    told = []
    collect(place, Recipe(), paths, progress=lambda file, done: told.append((file, done)))
    assert told == [(0, paths[0].stat().st_size), (1, paths[1].stat().st_size)]


def test_no_records_are_no_passages(place, tmp_path):
    collected = collect(place, Recipe(), [write_lines(tmp_path / "d.jsonl", [b""])])
    assert collected.passages == 0 and str(collected) == "no records"
