import warnings

import pytest
from toy import QUESTIONS, ToyQuestions

from hopgym.agents.contamination.guard import check_contamination, keep_apart, remember
from hopgym.agents.contamination.record import FILE, read_trained_on
from hopgym.core import Question
from hopgym.envs.contamination import Asked
from hopgym.errors import ConfigError, DataError

LONG = "In which year was the river that flows through the town of Vel first crossed?"


def side(name, *texts, scope=""):
    return Asked(name, [Question(f"{name}{n}", t, ("x",)) for n, t in enumerate(texts)], scope)


TRAIN = side("train", "Who wrote Vel?", LONG)
SAME = side("dev", "who wrote the VEL", "New?")
NEAR = side("dev", f"Tell me: {LONG}", "New?")
APART = side("dev", "New?")


def test_the_same_question_is_refused_with_the_ways_out():
    with pytest.raises(
        DataError,
        match=r"^1 of 2 questions of dev also stand in train, which is trained on \(1 by text\); the "
        r"first: 'dev0' is 'train0' by its text\. Give another --eval_split .*--contamination report",
    ):
        keep_apart(TRAIN, SAME)


def test_it_may_be_reported_instead_or_not_looked_for():
    with pytest.warns(UserWarning, match=r"1 of 2 questions of dev also stand in train"):
        keep_apart(TRAIN, SAME, "report")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        keep_apart(TRAIN, SAME, "off")
        keep_apart(TRAIN, APART)


def test_what_is_near_is_told_and_never_refused():
    for given in ("refuse", "report"):
        with pytest.warns(
            UserWarning,
            match=r"1 of 2 questions of dev are near to one of train \(1 by ngram\)\. Near ones may be fair",
        ):
            keep_apart(TRAIN, NEAR, given)


def test_what_is_the_same_is_not_told_as_near_too():
    with pytest.warns(UserWarning) as told:
        keep_apart(side("train", LONG), side("dev", LONG), "report")
    assert len(told) == 1 and "1 by text" in str(told[0].message)


def test_another_word_is_refused():
    with pytest.raises(ConfigError, match="contamination is 'warn'; it may be refuse, report, off"):
        check_contamination("warn")
    with pytest.raises(ConfigError, match="it may be refuse, report, off"):
        keep_apart(TRAIN, APART, "on")


def test_a_run_s_folder_remembers_also_what_came_before(tmp_path):
    toy = ToyQuestions()
    remember(tmp_path / "one", (toy, "train", QUESTIONS[:1]))
    assert list(read_trained_on(tmp_path / "one").seen(QUESTIONS, toy.fingerprint)) == ["q1"]
    remember(tmp_path / "two", side("more", "Who?"), start=str(tmp_path / "one"))
    told = read_trained_on(tmp_path / "two")
    assert [each["name"] for each in told.sources] == ["toy train", "more"]
    assert list(told.seen(QUESTIONS, toy.fingerprint)) == ["q1"]
    remember(tmp_path / "three", start=str(tmp_path / "two"))
    assert read_trained_on(tmp_path / "three").sources == told.sources


def test_nothing_is_written_where_nothing_is_known(tmp_path):
    remember(tmp_path, start="a-name-at-the-hub")
    remember(tmp_path, start=str(tmp_path))
    assert not (tmp_path / FILE).exists()
