from hopgym.core import Question, Score, Step, Trajectory
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
