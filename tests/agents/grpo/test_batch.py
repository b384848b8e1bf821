import math

import numpy as np
import pytest

from hopgym.agents.grpo.batch import Batch, logprob_of, pay_of
from hopgym.agents.llm.generator import Generation
from hopgym.agents.llm.rollout import TokenRollout
from hopgym.agents.llm.tokens import TokenEpisode
from hopgym.agents.rollout import Episode, Job
from hopgym.core import Step, Trajectory


def rollout(reward, logprob=-0.5, *, error=None, finish="eos", id="q"):
    """An episode of one turn of two tokens."""
    if error is not None:
        return TokenRollout(Episode(Job(id), None, 0.0, {}, {}, 0.0, error), None)
    row = TokenEpisode()
    row.add_env([5])
    row.add_turn(Generation([1, 2], [logprob, logprob], "x", "x", finish))
    steps = (Step(1, "I look for it.", reward_terms={"r": reward}),)
    trajectory = Trajectory(id, "e", steps=steps, outcome="answered")
    return TokenRollout(Episode(Job(id), trajectory, reward, {"r": reward}, {}, 0.0), row)


def test_a_batch_is_paid_what_the_environment_paid():
    batch = Batch.of([rollout(1.0), rollout(0.0), rollout(0.0, error="RewardError: out")], 3)
    assert batch.pays == [1.0, 0.0, None] and batch.flat == []
    assert batch.advantages == [0.5, -0.5, 0.0]
    assert pay_of(rollout(0.0, error="RetrievalError: no")) is None


def test_a_group_can_be_replaced():
    batch = Batch.of([rollout(1.0), rollout(1.0), rollout(0.0), rollout(1.0)], 2)
    other = Batch.of([rollout(0.0, id="x"), rollout(2.0, id="x")], 2)
    assert batch.flat == [0]
    batch.replace(0, other, 0)
    assert batch.flat == [] and batch.pays == [0.0, 2.0, 0.0, 1.0]
    assert [r.episode.job.question_id for r in batch.rollouts] == ["x", "x", "q", "q"]


def test_shuffled_pays_are_the_same_pays():
    batch = Batch.of([rollout(float(n)) for n in range(20)], 2)
    batch.shuffle_pays(np.random.default_rng(0))
    assert sorted(batch.pays) == [float(n) for n in range(20)] != batch.pays


def test_overlong_episodes_are_masked_where_that_is_wanted():
    batch = Batch.of([rollout(1.0, finish="length"), rollout(0.0)], 2)
    assert [row.env_mask for row in batch.rows(0, mask_overlong=True)] == [[0, 0], [1, 1]]
    assert [row.env_mask for row in batch.rows(0, mask_overlong=False)] == [[1, 1], [1, 1]]


def test_figures_tell_of_groups_of_length_and_of_likelihood():
    rollouts = [rollout(1.0, -0.1), rollout(0.0, -0.9, finish="length"), rollout(1.0), rollout(1.0)]
    figures = Batch.of(rollouts, 2).figures()
    assert Batch.of(rollouts, 2).flat_share == 0.5 and figures["overlong_share"] == 0.25
    assert figures["better_logprob"] == pytest.approx(-0.1)
    assert figures["worse_logprob"] == pytest.approx(-0.9)
    assert figures["reward"] == 0.75 and figures["reward/r"] == 0.75


def test_what_cannot_be_known_is_left_out():
    figures = Batch.of([rollout(0.0, error="RewardError: out")] * 2, 2).figures()
    assert figures == {"episodes": 0.0, "failed_episodes": 0.0, "unscored_episodes": 2.0}
    assert math.isnan(logprob_of(TokenEpisode()))


def test_groups_that_are_spread_over_processes_are_not_compared():
    batch = Batch.of([rollout(1.0, -0.1), rollout(0.0, -0.9), rollout(1.0)], 2)
    assert not batch.whole and "better_logprob" not in batch.figures()
    assert Batch.of([rollout(1.0), rollout(0.0)], 2).whole


def test_advantages_follow_what_was_replaced():
    batch = Batch.of([rollout(1.0), rollout(1.0)], 2)
    assert batch.advantages == [0.0, 0.0]
    batch.replace(0, Batch.of([rollout(2.0), rollout(0.0)], 2), 0)
    assert batch.advantages == [1.0, -1.0]


def test_what_trl_is_told_has_a_place_for_each_episode():
    batch = Batch.of([rollout(1.0, id="a"), rollout(0.0, error="RewardError: out")], 2)
    rows = batch.rows(0, mask_overlong=True)
    told = batch.told(rows, with_logprobs=False)
    assert told["logprobs"] is None and told["question_id"] == ["a", "q"]
    assert told["episode_reward"] == [1.0, None] and told["env_mask"] == [[1, 1], [0]]
    assert told["episode_error"] == [None, "RewardError: out"]
    assert batch.told(rows, with_logprobs=True)["logprobs"] == [[-0.5, -0.5], [0.0]]
