import errno
import os
import subprocess
import sys

import pytest

from hopgym.core import Document
from hopgym.errors import DataError
from hopgym.retrieval.kb.dedupe import Dropped
from hopgym.retrieval.kb.staging import BUILDING, Part, Position, current, staging, stamp
from hopgym.retrieval.saved import Manifest, save_folder

PART = Part(Position(0, 7, 7), 1, {"records": 7}, [Dropped("b", "a", True)], ["bad"])
PASSAGES = [Document("a", "Ada", "One\u2028line.", "News", {"n": [1, None]})]


def test_parts_come_back_in_order(tmp_path):
    with staging(tmp_path / "kb") as place:
        place.begin({"plan": 1})
        place.write(PART, PASSAGES)
        place.write(Part(Position(0, 9, 9, True), 0), [])
        found = [(part, list(passages)) for part, passages in place.parts()]
    assert found == [(PART, PASSAGES), (Part(Position(0, 9, 9, True), 0), [])]


def test_the_same_plan_continues_and_another_starts_over(tmp_path):
    with staging(tmp_path / "kb") as place:
        place.begin({"plan": 1})
        place.write(PART, PASSAGES)
    with staging(tmp_path / "kb") as place:
        place.begin({"plan": 1})
        assert list(place.documents()) == PASSAGES
        place.begin({"plan": 2})
        assert list(place.documents()) == []


def test_a_half_written_part_is_none(tmp_path):
    with staging(tmp_path / "kb") as place:
        place.begin(1)
        with pytest.raises(TypeError):
            place.write(PART, [Document("a", "", object())])
        assert list(place.parts()) == []
    assert not [p for p in (tmp_path / "kb" / BUILDING).iterdir() if "part" in p.name]


def test_a_half_made_index_is_none(tmp_path):
    with staging(tmp_path / "kb") as place:
        place.begin(1)
        place.index.mkdir()
        (place.index / "data-x").mkdir()
        assert not place.has_index() and not place.index.exists()
        save_folder(place.index, Manifest("bm25", "f", 0, {}), lambda data: None)
        assert place.has_index()


def test_two_builds_of_one_folder_are_refused(tmp_path):
    with (
        staging(tmp_path / "kb"),
        pytest.raises(DataError, match="being written by another process"),
        staging(tmp_path / "kb"),
    ):
        pass
    with staging(tmp_path / "kb") as place:
        place.begin(1)  # the lock was let go of


def test_the_lock_of_a_killed_process_is_gone(tmp_path):
    code = (
        "import os, sys\nfrom hopgym.retrieval.kb.staging import staging\n"
        "from pathlib import Path\n"
        "with staging(Path(sys.argv[1])) as place:\n    place.begin(1)\n    os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "kb")])
    with staging(tmp_path / "kb") as place:
        place.begin(1)


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("Dear Ada")
    with pytest.raises(DataError, match=r"holds 'dear\.txt'"), staging(tmp_path / "letters"):
        pass
    assert [p.name for p in (tmp_path / "letters").iterdir()] == ["dear.txt"]


@pytest.mark.parametrize("name", ["file/kb", "a\0b", "x" * 300])
def test_impossible_paths_are_refused(tmp_path, name):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError), staging(tmp_path / name):
        pass
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_link_in_place_of_the_workplace_is_not_followed(tmp_path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "plan.json").write_text("mine")
    (tmp_path / "kb").mkdir()
    (tmp_path / "kb" / BUILDING).symlink_to(tmp_path / "precious")
    with staging(tmp_path / "kb") as place:
        place.begin(1)
        place.write(PART, PASSAGES)
        place.remove()
    assert [p.name for p in (tmp_path / "precious").iterdir()] == ["plan.json"]
    assert (tmp_path / "precious" / "plan.json").read_text() == "mine"


def test_a_full_disk_is_told_and_the_work_kept(tmp_path):
    told = r"No space left.*as it was.*run the same command again"
    with pytest.raises(DataError, match=told), staging(tmp_path / "kb") as place:
        place.begin(1)
        place.write(PART, PASSAGES)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with staging(tmp_path / "kb") as place:
        place.begin(1)
        assert list(place.documents()) == PASSAGES


def test_a_full_disk_that_another_part_reported_keeps_the_work_too(tmp_path):
    with pytest.raises(DataError, match="vectors"), staging(tmp_path / "kb") as place:
        place.begin(1)
        place.write(PART, PASSAGES)
        raise DataError("vectors cannot be kept") from OSError(errno.ENOSPC, "full")
    assert (tmp_path / "kb" / BUILDING).is_dir()


def test_bad_input_leaves_nothing(tmp_path):
    with pytest.raises(DataError, match="bad"), staging(tmp_path / "kb") as place:
        place.begin(1)
        place.write(PART, PASSAGES)
        raise DataError("bad")
    assert not (tmp_path / "kb").exists()


def test_an_interrupt_keeps_the_work(tmp_path):
    with pytest.raises(KeyboardInterrupt), staging(tmp_path / "kb") as place:
        place.begin(1)
        place.write(PART, PASSAGES)
        raise KeyboardInterrupt
    with staging(tmp_path / "kb") as place:
        place.begin(1)
        assert list(place.documents()) == PASSAGES


def test_a_stamp_changes_with_the_file(tmp_path):
    path = tmp_path / "d.jsonl"
    path.write_text("{}")
    first = stamp(path)
    assert stamp(path) == first
    os.utime(path, ns=(1, first["modified"] + 1))
    assert stamp(path) != first
    with pytest.raises(DataError, match="Check the path"):
        stamp(tmp_path / "none")


def test_the_current_index_is_named(tmp_path):
    assert current(tmp_path) == ""
    save_folder(tmp_path / "kb", Manifest("bm25", "f", 0, {}), lambda data: None)
    assert current(tmp_path / "kb").startswith("data-")
