import math

import pytest

from hopgym.agents.health.course import Course
from hopgym.agents.health.rules import Alarm, rules
from hopgym.agents.health.settings import GuardSettings


def rule_of(kind, figure=None, **settings):
    found = [
        rule
        for rule in rules(GuardSettings(**settings))
        if rule.kind == kind and figure in (None, rule.figure)
    ]
    (rule,) = found
    return rule


def course(level, *, first=None, best=None, error=0.0):
    """A course of two values, with that error of its level."""
    return Course([level, level], first, best, steps=1, squares=4 * error**2)


@pytest.mark.parametrize(
    ("kind", "figure", "bound"),
    [("kl", "kl", 2), ("degenerate", "degenerate_rate", 0.2), ("length", "cut_rate", 0.5),
     ("clipping", "clip_fraction", 0.5)],
)  # fmt: skip
def test_bounds_that_stand_fast(kind, figure, bound):
    rule = rule_of(kind)
    assert rule.figure == figure
    assert rule.broken(course(bound)) is None
    assert rule.broken(course(bound + 0.01)) == bound


def test_entropy_is_measured_by_its_first_level():
    low, high = rule_of("entropy_collapsed"), rule_of("entropy_exploded")
    assert low.broken(course(0.0)) is None and high.broken(course(9.0)) is None
    assert low.broken(course(0.009, first=0.5)) == 0.01
    assert low.broken(course(0.011, first=0.5)) is None
    assert high.broken(course(2.6, first=0.5)) == 2.5


def test_the_likelihood_of_better_episodes_is_measured_by_its_best():
    rule = rule_of("likelihood")
    assert rule.figure == "better_logprob" and rule.broken(course(-5.0)) is None
    assert rule.broken(course(-1.1, best=-0.2)) is None
    assert rule.broken(course(-1.3, best=-0.2)) == -1.2


def test_the_format_rate_is_measured_by_its_best():
    rule = rule_of("format")
    assert rule.broken(course(0.1)) is None
    assert rule.broken(course(0.81, best=1.0)) is None
    assert rule.broken(course(0.79, best=1.0)) == 0.8


@pytest.mark.parametrize(("kind", "once"), [("search_avoidance", 2.0), ("answer_avoidance", 0.9)])
def test_only_what_was_there_is_missed(kind, once):
    rule = rule_of(kind)
    assert rule.broken(course(0.0, best=0.2)) is None
    assert rule.broken(course(0.0, best=once)) == pytest.approx(once / 10)
    assert rule.broken(course(once / 9, best=once)) is None


def test_an_outcome_may_fall_by_a_share_of_its_best():
    rule = rule_of("outcome", "em")
    assert rule.broken(course(0.41, first=0.3, best=0.8)) is None
    assert rule.broken(course(0.39, first=0.3, best=0.8)) == 0.4


def test_a_reward_below_zero_is_measured_by_its_gain():
    rule = rule_of("outcome", "reward")
    assert rule.broken(course(-0.5, first=-1.0, best=-0.1)) is None
    assert rule.broken(course(-0.6, first=-1.0, best=-0.1)) == pytest.approx(-0.55)


def test_a_fall_within_the_noise_is_none():
    rule = rule_of("outcome", "em")
    assert rule.broken(course(0.1, first=0.3, best=0.8, error=0.1)) is None
    assert rule.broken(course(0.1, first=0.3, best=0.8, error=0.01)) == 0.4


def test_outcomes_are_what_the_settings_name():
    named = [
        rule.figure for rule in rules(GuardSettings(outcomes=("f1",))) if rule.kind == "outcome"
    ]
    assert named == ["f1"]


OFF = {
    "degenerate": {"most_degenerate": math.inf},
    "kl": {"most_kl": math.inf},
    "entropy_exploded": {"entropy_rise": math.inf},
    "entropy_collapsed": {"entropy_share": 0},
    "likelihood": {"likelihood_fall": math.inf},
    "format": {"format_fall": math.inf},
    "length": {"most_cut": math.inf},
    "search_avoidance": {"least_queries": math.inf},
    "answer_avoidance": {"vanished_share": 0},
    "clipping": {"most_clip": math.inf},
    "outcome": {"outcome_fall": math.inf, "outcomes": ("em",)},
}


@pytest.mark.parametrize("kind", OFF)
def test_every_rule_can_be_turned_off(kind):
    rule = rule_of(kind, **OFF[kind])
    worst = 1e9 if rule.side == "above" else 0.0
    assert rule.broken(course(worst, first=0.0, best=0.0)) is None
    assert rule.broken(course(worst, first=0.5, best=1.0)) is None
    assert {rule.kind for rule in rules(GuardSettings())} == set(OFF)


def test_an_alarm_is_for_people():
    rule = rule_of("kl")
    alarm = Alarm("kl", "kl", 7.91, 2.0, 55, 57, rule.what, rule.advice)
    assert (
        str(alarm)
        == alarm.reason
        == (
            "Training has collapsed at update 57: the policy has run away from its reference. kl is "
            "7.91 (bound 2), since update 55. Go back to the best checkpoint and try a smaller "
            "learning rate, a larger KL coefficient, or fewer epochs over each batch."
        )
    )
