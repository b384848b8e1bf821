import pickle

import pytest

from hopgym.core import Fact, Question
from hopgym.envs.datasets.lazy import (
    KEPT,
    LazyQuestions,
    SplitQuestions,
    find_file,
    must_find,
    named_by_files,
)
from hopgym.errors import ConfigError, DataError
from hopgym.files import atomic_write

OUTLINES = [Question(f"q{n}", f"Who is {n}?", (str(n),)) for n in range(KEPT + 3)]
ASKED = []


def complete(place, outline):
    ASKED.append(place)
    return Question(outline.id, outline.text, outline.answers, facts=(Fact("a", "r", str(place)),))


@pytest.fixture
def lazy():
    ASKED.clear()
    return LazyQuestions(OUTLINES, complete)


def test_questions_are_completed_when_asked_for_and_a_few_are_kept(lazy):
    assert len(lazy) == len(OUTLINES) and lazy.ids[:2] == ("q0", "q1") and not ASKED
    assert lazy[1].facts == (Fact("a", "r", "1"),) and lazy[1] is lazy[1] and ASKED == [1]
    assert lazy[-1].id == OUTLINES[-1].id
    assert [q.id for q in lazy] == [q.id for q in OUTLINES]
    assert len(lazy._made) == KEPT
    with pytest.raises(IndexError):
        lazy[len(OUTLINES)]


def test_a_slice_is_lazy_too(lazy):
    part = lazy[2:10:3]
    assert repr(part) == "LazyQuestions(3 questions)" and part.ids == ("q2", "q5", "q8")
    assert not ASKED and part[1:][0].facts == lazy[5].facts and set(ASKED) == {5}
    assert part.outlines == tuple(OUTLINES[2:10:3])


def test_it_travels_without_what_it_made(lazy):
    assert lazy[3].id == "q3"
    assert pickle.loads(pickle.dumps(lazy))._made == {}
    assert list(pickle.loads(pickle.dumps(lazy[:2]))) == list(lazy[:2])


def test_splits_are_read_once_and_when_asked_for(lazy):
    read = []

    def reader():
        read.append(1)
        return lazy, ("line 3: no",)

    made = SplitQuestions("set", {"dev": reader}, lambda: "abc")
    assert (made.name, made.splits, made.skipped) == ("set", ("dev",), ())
    assert (made.fingerprint, len(made.documents), read) == ("abc", 0, [])
    assert made.questions("dev") is made.questions("dev") is lazy
    assert read == [1] and not ASKED and made.skipped == ("line 3: no",)
    assert repr(made) == "SplitQuestions('set', dev)"
    with pytest.raises(ConfigError, match="set has no split 'train'; it has: dev"):
        made.questions("train")


def test_questions_that_cannot_be_scored_are_refused():
    made = SplitQuestions("set", {"dev": lambda: ([Question("q", "Who?", ())], ())}, str)
    with pytest.raises(DataError, match=r"set dev: question 'q' has the answers \(\)"):
        made.questions("dev")


def test_files_are_found_zipped_or_not_and_named_by_what_they_say(tmp_path):
    for name in ("a.txt", "zipped/a.txt.gz"):
        with atomic_write(tmp_path / name) as stream:
            stream.write(b"one\ntwo\n")
    plain, zipped = find_file(tmp_path, "b.txt", "a.txt"), find_file(tmp_path / "zipped", "a.txt")
    assert plain.name == "a.txt" and zipped.name == "a.txt.gz"
    assert named_by_files([plain], 2) == named_by_files([zipped], 2) != named_by_files([plain], 3)
    assert find_file(tmp_path, "b.txt") is None


@pytest.mark.parametrize(
    ("folder", "message"),
    [
        (".", r"has no b.txt or c.txt \(or .gz of it\); it has: a.txt\."),
        ("a.txt", "it is a file, and must be a folder"),
        ("none", "it is not there, and must be a folder"),
    ],
)
def test_a_file_that_is_missing_is_named(tmp_path, folder, message):
    (tmp_path / "a.txt").write_text("")
    with pytest.raises(DataError, match=message):
        must_find(tmp_path / folder, "b.txt", "c.txt")
