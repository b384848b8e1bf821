import pytest
from rewards_episodes import QUESTION, answer, episode

from hopgym.core import Score
from hopgym.errors import ConfigError, RewardError
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


def test_a_batch_asks_each_part_once():
    class Judge:
        calls = 0

        def __call__(self, question, trajectory):
            return self.many([(question, trajectory)])[0]

        def many(self, items):
            self.calls += 1
            return [Score(1.0) for _ in items]

    judge = Judge()
    both = Composite({"judge": judge, "f1": make_reward("f1")}, {"judge": 0.5})
    scores = both.many([(QUESTION, DONE), (QUESTION, DONE)])
    assert (
        judge.calls == 1 and [score.terms for score in scores] == [both(QUESTION, DONE).terms] * 2
    )


def test_in_a_batch_only_the_episode_that_was_hit_is_unscored():
    def away(question, trajectory):
        if trajectory.prediction is None:
            raise RewardError("away")
        return Score(1.0)

    silent = episode(answer("x"), outcome="answered", prediction=None)
    first, second = Composite({"judge": away}).many([(QUESTION, DONE), (QUESTION, silent)])
    assert first.value == 1.0 and second.unscored and second.reason == "away"


def test_parts_follow_the_schedule_too():
    class Scheduled:
        step = 0

        def __call__(self, question, trajectory):
            return Score(float(self.step))

        def at(self, step):
            moved = Scheduled()
            moved.step = step
            return moved

    assert Composite({"a": Scheduled()}).at(7)(QUESTION, DONE).value == 7.0
