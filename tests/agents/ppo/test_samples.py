import numpy as np
import pytest
from ppo_samples import episode, sample

from hopgym.agents.llm.tokens import TokenEpisode
from hopgym.agents.ppo.samples import sample_of, shuffle_rewards


def test_the_actions_are_exactly_what_the_agent_wrote():
    for seed in range(200):
        rng = np.random.default_rng(seed)
        row = episode(rng, 50, turns=int(rng.integers(1, 5)))
        one = sample_of(row, "q")
        mask = np.zeros(len(row), int)
        mask[one.places] = 1
        assert mask.tolist() == row.mask
        assert one.targets == [i for i, m in zip(row.ids, row.mask, strict=True) if m]
        assert one.logprobs.tolist() == [
            p for p, m in zip(row.logprobs, row.mask, strict=True) if m
        ]
        assert one.places[one.ends].tolist() == [turn.end - 1 for turn in row.turns]
        assert one.rewards[one.ends].tolist() == [turn.reward for turn in row.turns]
        assert one.rewards[~one.ends].sum() == 0
        assert len(one.ids) == row.turns[-1].end


def test_turns_whose_beginning_the_model_did_not_see_are_not_learnt_and_their_pay_not_lost():
    row = episode(np.random.default_rng(0), 50, turns=3, cut=1)
    one = sample_of(row, "q")
    first = row.turns[0]
    assert one.places.tolist() == list(range(first.start, first.end))
    assert one.lost == pytest.approx(row.turns[1].reward + row.turns[2].reward)
    assert one.reward == pytest.approx(sum(turn.reward for turn in row.turns))


def test_there_is_nothing_to_learn_from_what_nobody_wrote():
    row = TokenEpisode()
    row.add_env([1, 2])
    assert sample_of(row) is None
    assert sample_of(episode(np.random.default_rng(0), 50, cut=0)) is None


def test_shuffled_rewards_are_the_same_ones_elsewhere():
    samples = [sample([0, n, 1], [False, True, True], lost=n) for n in range(20)]
    before = [each.reward for each in samples]
    shuffle_rewards(samples, np.random.default_rng(1))
    after = [each.reward for each in samples]
    assert sorted(before) == sorted(after)
    assert before != after
    assert all(each.rewards[:-1].sum() == 0 and each.lost == 0 for each in samples)
