"""Credit: how much better each action was than expected, by one of three algorithms.

`ppo` compares with a learnt value (generalised advantage estimation), `reinforce++` with the batch,
`rloo` with the other samples of the same question. All see the same rewards: what the environment
paid each turn, less a penalty for every token that leaves the reference.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ...errors import ConfigError
from ...retrieval.base import check_number
from .samples import Floats, Sample

Algorithm = Literal["ppo", "reinforce++", "rloo"]


@dataclass(frozen=True, kw_only=True)
class Discount:
    """How far credit reaches: within a turn from token to token, and from one turn to the next.

    R3-RAG's published training takes every turn for a sample of its own: `step_gamma=0`.

    Raises:
        ConfigError: If a number is not from 0 to 1.
    """

    gamma: float = 1.0
    lam: float = 1.0
    step_gamma: float = 1.0
    step_lam: float = 1.0

    def __post_init__(self) -> None:
        """Refuse numbers out of range."""
        for name in ("gamma", "lam", "step_gamma", "step_lam"):
            check_number(name, getattr(self, name), 0.0, 1.0, example=0.95)

    def of(self, ends: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> tuple[Floats, Floats]:
        """Return gamma and lambda for the way from each action to the next."""
        gamma = np.where(ends, self.step_gamma, self.gamma)
        return gamma, np.where(ends, self.step_lam, self.lam)


def gae(rewards: Floats, values: Floats, gamma: Floats, lam: Floats) -> Floats:
    """Return the generalised advantage estimate (Schulman et al., arXiv 1506.02438, eq. 16).

    Args:
        rewards: `[n]`, of each action.
        values: `[n]`, of the state before each action; after the last it is 0.
        gamma: `[n]`, the discount from each action to the next.
        lam: `[n]`, the weight of what comes after.

    >>> gae(np.array([0.0, 1.0]), np.array([0.5, 0.25]), np.array([1.0, 1.0]), np.array([0.5, 0.5]))
    array([0.125, 0.75 ])
    """
    following = np.append(values[1:], 0.0)
    surprise = rewards + gamma * following - values
    return _summed(surprise, gamma * lam)


def credit(
    samples: Sequence[Sample],
    algorithm: Algorithm,
    discount: Discount,
    *,
    kl_coef: float = 0.0,
    normalise: bool = True,
) -> None:
    """Fill in the advantages and the returns of samples.

    Args:
        samples: With `values` for `ppo`, and `reference` where the penalty is above 0.
        algorithm: Which.
        discount: How far credit reaches.
        kl_coef: The penalty for each token's `log p - log p_reference` (the estimator k1), as in
            InstructGPT (arXiv 2203.02155, eq. 2).
        normalise: Whether advantages get mean 0 and deviation 1 over all actions; for RLOO never,
            for REINFORCE++ always.

    Raises:
        ConfigError: If RLOO has no two samples of a question.
    """
    {"ppo": _ppo, "reinforce++": _reinforce, "rloo": _rloo}[algorithm](samples, discount, kl_coef)
    if algorithm == "reinforce++" or (normalise and algorithm == "ppo"):
        _normalise(samples)


def _ppo(samples: Sequence[Sample], discount: Discount, kl_coef: float) -> None:
    for sample in samples:
        gamma, lam = discount.of(sample.ends)
        sample.advantages = gae(_paid(sample, kl_coef), sample.values, gamma, lam)
        sample.returns = sample.advantages + sample.values


def _reinforce(samples: Sequence[Sample], discount: Discount, kl_coef: float) -> None:
    """REINFORCE++ (Hu et al., arXiv 2501.03262, eq. 5 to 7): what came after, against the batch."""
    for sample in samples:
        gamma, _ = discount.of(sample.ends)
        sample.returns = _summed(_paid(sample, kl_coef), gamma)
        sample.advantages = sample.returns.copy()


def _rloo(samples: Sequence[Sample], discount: Discount, kl_coef: float) -> None:
    """RLOO (Ahmadian et al., arXiv 2402.14740, eq. 8): the whole episode, against its siblings.

    The episode is one action, as there; the discount plays no part.
    """
    del discount
    groups: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        groups[sample.group].append(sample)
    if max(map(len, groups.values()), default=2) < 2:
        raise ConfigError(
            "rloo compares samples of the same question, and no question has two. Give "
            "num_samples=2 or more."
        )
    for group in groups.values():
        paid = [float(_paid(sample, kl_coef).sum()) for sample in group]
        for sample, own in zip(group, paid, strict=True):
            others = (sum(paid) - own) / (len(group) - 1) if len(group) > 1 else own
            sample.returns = np.full(len(sample), own)
            sample.advantages = np.full(len(sample), own - others)


def _paid(sample: Sample, kl_coef: float) -> Floats:
    rewards = sample.rewards.copy()
    rewards[-1] += sample.lost
    if kl_coef:
        rewards -= kl_coef * (sample.logprobs - sample.reference)
    return rewards


def _summed(amounts: Floats, factors: Floats) -> Floats:
    """Return for each place what stands there and after it, each step further worth its factor."""
    sums = np.zeros(len(amounts))
    after = 0.0
    for place in range(len(amounts) - 1, -1, -1):
        after = amounts[place] + factors[place] * after
        sums[place] = after
    return sums


def _normalise(samples: Sequence[Sample]) -> None:
    everything = np.concatenate([sample.advantages for sample in samples])
    mean, deviation = everything.mean(), everything.std()
    for sample in samples:
        sample.advantages = (sample.advantages - mean) / (deviation + 1e-8)
