import math

import pytest
from kg_episodes import QUESTION, episode, one_shot

from hopgym.errors import ConfigError, RewardError
from hopgym.rewards import make_reward, score_episode
from hopgym.rewards.kg.likelihood import LikelihoodReward

GOOD = episode([0], [1], answers=["Ull"])


class Telling:
    """The more gold facts, the likelier the answer."""

    def __init__(self):
        self.asked = []

    def __call__(self, selection):
        return []

    def log_likelihood(self, selections, answers):
        self.asked.append(
            [
                (selection.lines, answer)
                for selection, answer in zip(selections, answers, strict=True)
            ]
        )
        return [-3.0 + len(selection.facts) for selection in selections]


class Silent(Telling):
    def __init__(self, told):
        self.told = told

    def log_likelihood(self, selections, answers):
        return self.told if isinstance(self.told, list) else [1 / self.told]


def test_the_end_is_paid_and_the_reader_asked_once():
    reader = Telling()
    reward = LikelihoodReward(reader=reader, answer=2.0, size=0.1, invalid=0.5)
    wholes = [(QUESTION, GOOD), (QUESTION, episode([0])), (QUESTION, one_shot([2], ["Bo"], 1))]
    ended, running, shot = reward.many(wholes)
    assert ended.terms == {"shaping": 0.0, "answer": -2.0, "size": 0.0, "invalid": 0.0}
    assert running.terms["answer"] == 0.0 and running.terms["size"] == -0.1
    assert shot.value == pytest.approx(-4.0 - 0.1 - 0.5)
    assert reader.asked == [
        [(("Vel, author, Ada", "Ada, lives, Ull"), ("Ull",)), (("Vel, printer, Bo",), ("Ull",))]
    ]
    assert reward(QUESTION, GOOD) == ended


@pytest.mark.parametrize("outcome", ["out_of_steps", "malformed"])
def test_nobody_gets_around_it_by_not_answering(outcome):
    reward = LikelihoodReward(reader=Telling())
    assert reward(QUESTION, episode([0], outcome=outcome)).terms["answer"] == -2.0


def test_shaping_may_be_added():
    reward = make_reward("drag", reader=Telling(), shaping=True)
    scores = score_episode(reward, QUESTION, GOOD)
    assert [score.terms["shaping"] for score in scores] == pytest.approx([1 / 3, 2 / 3, -1.0])
    assert sum(score.value for score in scores) == pytest.approx(-1.0)


def test_a_reader_that_cannot_tell_is_refused():
    with pytest.raises(ConfigError, match=r"'symbolic' cannot tell how likely.*drag\?reader="):
        make_reward("drag?reader=symbolic")
    with pytest.raises(ConfigError, match=r"there is none\. Give a reader with `log_likelihood`"):
        make_reward("drag")


@pytest.mark.parametrize("told", [[], [math.nan], [-math.inf], 0])
def test_a_reader_that_fails_is_never_paid(told):
    with pytest.raises(RewardError, match=r"fact reader Silent"):
        LikelihoodReward(reader=Silent(told))(QUESTION, GOOD)
