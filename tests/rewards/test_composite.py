import pytest
from rewards_episodes import QUESTION, answer, episode

from hopgym.core import Score
from hopgym.errors import ConfigError
from hopgym.rewards import make_reward
from hopgym.rewards.composite import Composite

DONE = episode(answer("Ada"), outcome="answered", prediction="Ada")


def test_parts_are_weighed_and_named():
    both = Composite({"em": make_reward("em"), "f1": make_reward("f1")}, {"f1": 0.5})
    score = both(QUESTION, DONE)
    assert score.terms == pytest.approx({"em/outcome": 0.0, "f1/outcome": 1 / 3})
    assert score.value == pytest.approx(1 / 3)


def test_a_schedule_follows_the_training_step_and_changes_nothing_in_place():
    warm = Composite({"f1": make_reward("f1")}, {"f1": lambda step: step / 10})
    assert warm(QUESTION, DONE).value == 0.0
    assert warm.at(6)(QUESTION, DONE).value == pytest.approx(0.4)
    assert warm.step == 0


def test_one_unscored_part_leaves_the_whole_unscored():
    away = Composite({"judge": lambda q, t: Score(0.0, reason="away", unscored=True)})
    assert away(QUESTION, DONE).unscored


def test_a_weight_needs_its_part():
    with pytest.raises(ConfigError, match="No part 'f2' to weigh; parts: f1"):
        Composite({"f1": make_reward("f1")}, {"f2": 1.0})
