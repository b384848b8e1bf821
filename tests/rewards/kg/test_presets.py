import pytest
from kg_episodes import QUESTION, episode, one_shot

from hopgym.rewards import REWARDS, make_reward, score_episode

GOOD = episode([0], [1], answers=["Ull"])
WRONG = episode([2], answers=["Bo"])
CUT = episode([0], [1], outcome="out_of_steps")


def values(name, trajectory):
    return [score.value for score in score_episode(make_reward(name), QUESTION, trajectory)]


def test_minerva_pays_the_first_answer_at_the_end():
    assert values("kg_minerva", GOOD) == [0.0, 0.0, 1.0]
    assert values("kg_minerva", WRONG) == [0.0, 0.0]
    assert values("kg_minerva", CUT) == [0.0, 0.0]
    assert values("kg_minerva", episode([0], answers=["Oz", "Ull"]))[-1] == 0.0


def test_deeppath_pays_the_answer_and_a_short_way():
    assert values("kg_deeppath", GOOD) == [0.0, 0.0, pytest.approx(0.1 + 0.9 / 2)]
    assert values("kg_deeppath", one_shot([0, 1, 2], ["Ull"])) == [pytest.approx(0.1 + 0.9 / 3)]
    assert values("kg_deeppath", WRONG) == [0.0, -0.05]
    assert values("kg_deeppath", CUT) == [0.0, -0.05]
    assert values("kg_deeppath", episode(1, outcome="running")) == [-0.05]


def test_kg_r1_pays_turns_and_the_whole():
    assert values("kg_r1", GOOD) == [0.0, 0.0, 2.0]
    assert values("kg_r1", WRONG) == [0.0, 1.0]
    assert values("kg_r1", episode([0], 2, [1], answers=["Oz"])) == [
        0.0, 0.0, 0.0, pytest.approx(0.5 + 3 / 5),
    ]  # fmt: skip
    assert values("kg_r1", episode([0], None, outcome="out_of_steps"))[-1] == 0.5


def test_every_preset_has_a_line_and_takes_options():
    for name in ("kg", "kg_minerva", "kg_deeppath", "kg_r1"):
        assert REWARDS.summary(name)
        assert make_reward(f"{name}?size=0.5").size == 0.5
    assert values("kg_minerva?shaping=true", GOOD)[0] == pytest.approx(1 / 3)
