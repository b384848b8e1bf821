from rewards_episodes import QUESTION, episode, query, unreadable

from hopgym.core import Hit, Question, Step
from hopgym.rewards.process import gold_gain


def test_each_gold_document_counts_once():
    assert gold_gain(QUESTION, episode(query("q", "d1", "d3"))) == 0.5
    assert gold_gain(QUESTION, episode(query("q", "d1", new=False))) == 0.0
    twice = Step(0, "", hits=(Hit("d1", 1.0), Hit("d1", 1.0, 1)))
    assert gold_gain(QUESTION, episode(twice)) == 0.5


def test_without_gold_or_hits_it_is_zero():
    assert gold_gain(Question("q", "?", ("x",)), episode(query("q", "d1"))) == 0.0
    assert gold_gain(QUESTION, episode(unreadable())) == 0.0
