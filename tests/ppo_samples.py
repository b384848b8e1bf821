"""Episodes in tokens, and what a learner makes of them, without playing."""

import numpy as np

from hopgym.agents.llm.generator import Generation
from hopgym.agents.llm.tokens import TokenEpisode
from hopgym.agents.ppo.samples import Sample, sample_of


def sample(rewards, ends, values=(), group="q", lost=0.0):
    """A sample of these arrays; its row is as long as it has actions, and one more."""
    return Sample(
        group=group,
        ids=list(range(len(rewards) + 1)),
        places=np.arange(1, len(rewards) + 1),
        ends=np.array(ends),
        rewards=np.array(rewards, float),
        logprobs=np.zeros(len(rewards)),
        lost=lost,
        values=np.array(values, float),
    )


def episode(rng, vocabulary, turns=2, longest=12, cut=None):
    """An episode of random tokens; the turn `cut` and those after it no longer fitted."""
    row = TokenEpisode()
    rewards = []
    for turn in range(turns):
        row.add_env(rng.integers(0, vocabulary, int(rng.integers(3, longest))).tolist())
        ids = rng.integers(0, vocabulary, int(rng.integers(1, longest))).tolist()
        missing = 2 if cut is not None and turn >= cut else 0
        logprobs = (-rng.random(len(ids))).tolist()
        row.add_turn(Generation(ids, logprobs, "", "", "eos", missing))
        rewards.append(float(rng.integers(-1, 3)))
    row.add_env([1, 2])
    row.turns = [t._replace(reward=r) for t, r in zip(row.turns, rewards, strict=True)]
    return row


def samples(rng, vocabulary, count=8, **shape):
    """Samples of random episodes; two of each question."""
    return [sample_of(episode(rng, vocabulary, **shape), f"q{n // 2}") for n in range(count)]
