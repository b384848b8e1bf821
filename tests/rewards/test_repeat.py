import math

from rewards_episodes import QUESTION, episode, query

from hopgym.rewards.repeat import repeat_penalty, repeated_queries


def test_the_same_words_are_the_same_query():
    played = episode(query("Who made it?"), query("who made the it"), query("where"))
    assert repeated_queries(played) == 1


def test_only_the_last_step_is_charged():
    assert repeat_penalty(QUESTION, episode(query("a b"), query("A B!"))).value == -1.0
    assert repeat_penalty(QUESTION, episode(query("x"), query("x"), query("y"))).value == 0.0


def test_nothing_to_charge_is_zero_and_not_minus_zero():
    score = repeat_penalty(QUESTION, episode(query("x")))
    assert math.copysign(1.0, score.value) == math.copysign(1.0, score.terms["repeat"]) == 1.0
