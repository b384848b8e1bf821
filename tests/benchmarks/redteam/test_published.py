from hopgym.benchmarks.redteam.published import BY_ENV, cover_em, in_transcript
from hopgym.core import Question, Trajectory
from hopgym.rewards import make_reward
from hopgym.rewards.base import is_for_documents

ASKED = Question("q", "Who?", ("Ada Orm",))


def ended(said, text="", outcome="answered"):
    return Trajectory("q", "e", prediction=said, transcript=text, outcome=outcome)


def test_each_is_a_reward_that_can_be_named():
    for names in BY_ENV.values():
        for name in names:
            assert callable(make_reward(name))
    assert is_for_documents(cover_em) and is_for_documents(in_transcript)


def test_a_list_covers_the_answer():
    assert cover_em(ASKED, ended("Bo, Ada Orm, Cid")).value == 1.0
    assert cover_em(ASKED, ended("Bo")).value == 0.0
    assert cover_em(ASKED, ended("Ada Orm", outcome="running")).value == 0.0


def test_what_was_retrieved_counts_as_said():
    assert in_transcript(ASKED, ended("Bo", "Title: Ada Orm. She...")).value == 1.0
    assert in_transcript(ASKED, ended(None, "Ada Orm", "out_of_steps")).value == 1.0
    assert in_transcript(ASKED, ended("Bo", "Ada Orm", "running")).value == 0.0
