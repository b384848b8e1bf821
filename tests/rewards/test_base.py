import pytest

from hopgym.core import Question, Score, Step, Trajectory
from hopgym.errors import ConfigError, RewardError
from hopgym.rewards import make_reward
from hopgym.rewards.base import Reward, ask_many, at_step, score_episode, weights_of
from hopgym.rewards.composite import Composite

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


EPISODES = [(QUESTION, Trajectory("q", "e", prediction=text)) for text in ("Ada", "Orm")]


def test_a_batch_is_scored_in_one_call_where_the_reward_can():
    class Batched:
        calls = 0

        def __call__(self, question, trajectory):
            raise AssertionError("one at a time")

        def many(self, items):
            self.calls += 1
            return [final_only(*item) for item in items]

    batched = Batched()
    assert [score.value for score in ask_many(batched, EPISODES)] == [1.0, 0.0]
    assert batched.calls == 1
    assert [score.value for score in ask_many(final_only, EPISODES)] == [1.0, 0.0]


def test_what_a_batch_raises_stands_in_the_place_of_its_scores():
    class Broken:
        def __init__(self, error):
            self.error = error

        def __call__(self, question, trajectory):
            raise self.error

        def many(self, items):
            raise self.error

    told = ask_many(Broken(KeyError("x")), EPISODES)
    assert [type(score) for score in told] == [RewardError, RewardError]
    assert "Broken raised KeyError: 'x' (line" in str(told[0])
    assert str(ask_many(Broken(RewardError("away")), EPISODES)[1]) == "away"
    with pytest.raises(ConfigError, match="no key"):
        ask_many(Broken(ConfigError("no key")), EPISODES)


def test_one_that_cannot_be_scored_leaves_the_others_alone():
    def half(question, trajectory):
        if trajectory.prediction == "Orm":
            raise RewardError("away")
        return Score(1.0)

    scores = ask_many(half, EPISODES)
    assert scores[0].value == 1.0 and isinstance(scores[1], RewardError)


def test_a_batch_needs_a_score_for_each():
    class Short:
        def many(self, items):
            return []

    with pytest.raises(ConfigError, match="Short gave 0 scores for 2 episodes"):
        ask_many(Short(), EPISODES)


def test_a_reward_without_a_schedule_stays_as_it_is():
    assert at_step(final_only, 5) is final_only
    for step in (-1, 1.5, True, "3"):
        with pytest.raises(
            ConfigError, match=r"The training step is .*; it must be a whole number"
        ):
            at_step(final_only, step)


def test_weights_are_those_that_hold_now():
    warm = Composite({"a": final_only, "b": final_only}, {"a": lambda step: step / 10}, step=0)
    assert weights_of(at_step(warm, 5)) == {"a": 0.5, "b": 1.0}
    assert weights_of(final_only) == {}


def test_options_reach_a_factory_and_nothing_else(tmp_path):
    file = tmp_path / "own.py"
    file.write_text(
        "from hopgym.core import Score\n"
        "def fixed(*, value=1.0):\n"
        "    return lambda question, trajectory: Score(value)\n"
    )
    assert make_reward(f"{file}:fixed?value=0.5")(*EPISODES[0]).value == 0.5
    assert make_reward(f"{file}:fixed", value=0.25)(*EPISODES[0]).value == 0.25
    with pytest.raises(ConfigError, match=r"has no option 'valeu'\. Did you mean 'value'"):
        make_reward(f"{file}:fixed?valeu=1")
    with pytest.raises(ConfigError, match=r"The reward 'em' takes no options \(judge\)"):
        make_reward("em", judge="rule")
