import pytest
from rewards_episodes import QUESTION, answer, episode, query

from hopgym.rewards.answer import f1
from hopgym.rewards.outcome import em_reward, f1_reward, outcome


def test_only_an_answer_earns():
    done = episode(answer("Ada Orm"), outcome="answered", prediction="Ada Orm")
    assert em_reward(QUESTION, done).value == f1_reward(QUESTION, done).value == 1.0
    assert em_reward(QUESTION, episode(query("Ada Orm", "d1"))).value == 0.0
    assert em_reward(QUESTION, episode(query("Ada Orm"), outcome="out_of_steps")).value == 0.0


def test_f1_pays_in_part():
    done = episode(answer("Ada"), outcome="answered", prediction="Ada")
    assert outcome(QUESTION, done, f1) == pytest.approx(2 / 3)
    assert em_reward(QUESTION, done).terms == {"outcome": 0.0}
