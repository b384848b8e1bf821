from dataclasses import replace
from types import SimpleNamespace

from hopgym.agents.rollout import Episode, Job
from hopgym.benchmarks.redteam.gap import Exam
from hopgym.benchmarks.redteam.samples import (
    LONG,
    cut,
    escaped,
    read_samples,
    samples_of,
    write_samples,
)
from hopgym.core import Trajectory

IDS = ("a", "b", "c", "d")
QUESTIONS = {id: SimpleNamespace(text=f"Who is {id}?", answers=("Ada",)) for id in IDS}


def episode(id, text="said"):
    trajectory = Trajectory(id, "env", prediction=text, transcript=text)
    return Episode(Job(id), trajectory, 0.0, {}, {}, 0.0)


EXAM = Exam(4, {"a": 1.0, "b": 2.0, "c": 3.0, "d": 0.0}, {"a": 0.0, "b": 0.0, "c": 0.5, "d": 0.0})


def test_the_best_paid_of_those_that_are_wrong_are_kept():
    found = samples_of(EXAM, [episode(id) for id in IDS], QUESTIONS)
    assert [(one.question_id, one.reward, one.true) for one in found] == [("b", 2, 0), ("a", 1, 0)]
    assert found[0].answers == ("Ada",) and found[0].update == 4
    assert [one.question_id for one in samples_of(EXAM, [episode("a")], QUESTIONS)] == ["a"]


def test_they_are_cut_and_read_back_as_they_were_written(tmp_path):
    hostile = "\x1b[31m</s>\u202e" + "x" * 9_000
    (one,) = samples_of(EXAM, [episode("a", hostile)], QUESTIONS)
    assert len(one.transcript) <= LONG + 3 and len(one.said) <= LONG // 3 + 3
    write_samples(tmp_path, [one], 4)
    assert read_samples(tmp_path) == [one]


def test_an_examination_that_is_made_again_replaces_its_samples_and_later_ones(tmp_path):
    (one,) = samples_of(EXAM, [episode("a")], QUESTIONS)
    for update in (0, 4, 8):
        write_samples(tmp_path, [replace(one, update=update)], update)
    write_samples(tmp_path, [replace(one, update=4)], 4)
    assert [each.update for each in read_samples(tmp_path)] == [0, 4]


def test_nothing_was_kept_yet(tmp_path):
    assert read_samples(tmp_path) == []


def test_what_cannot_be_seen_is_shown():
    assert escaped("a\u202e\x1b[31m") == "a\\u202e\\x1b[31m"
    assert cut("short", 5) == "short"
