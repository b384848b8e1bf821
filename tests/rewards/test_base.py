import pytest

from hopgym.core import Question, Score, Step, Trajectory
from hopgym.errors import ConfigError, RewardError
from hopgym.rewards import make_reward
from hopgym.rewards.base import Reward, score_episode

QUESTION = Question("q", "Who?", ("Ada",))


def final_only(question, trajectory):
    value = float(trajectory.prediction in question.answers)
    return Score(value, {"outcome": value})


def test_each_step_is_scored_as_it_was_played():
    steps = tuple(Step(n, "a") for n in (1, 2, 3))
    episode = Trajectory("q", "e", 0, steps, "Ada", outcome="answered")
    assert [score.value for score in score_episode(final_only, QUESTION, episode)] == [
        0.0,
        0.0,
        1.0,
    ]
    assert score_episode(final_only, QUESTION, Trajectory("q", "e")) == ()


def test_a_plain_function_is_a_reward():
    assert isinstance(final_only, Reward)


def test_a_stored_episode_names_the_reward_that_raised():
    class Fussy:
        def __call__(self, question, trajectory):
            raise KeyError("relevance")

    episode = Trajectory("q", "e", 0, (Step(1, "a"),), "Ada", outcome="answered")
    with pytest.raises(RewardError, match=r"Fussy raised KeyError: 'relevance' \(line \d+ of"):
        score_episode(Fussy(), QUESTION, episode)


def test_a_factory_that_raises_and_a_builtin_are_named(tmp_path):
    file = tmp_path / "my.py"
    file.write_text("class Mine:\n    def __init__(self):\n        open('/nope/at/all')\n")
    with pytest.raises(
        ConfigError,
        match=r"The reward factory '.*my.py:Mine' raised FileNotFound.*\(line 3 of .*my.py\)",
    ):
        make_reward(f"{file}:Mine")
    with pytest.raises(ConfigError, match="<built-in function max> is no reward"):
        make_reward(max)
