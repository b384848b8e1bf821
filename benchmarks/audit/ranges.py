"""What a reward says that an episode can earn at least and at most.

A reward tells it by `bounds(steps)`; an environment by `reward_range`. For those of ours whose
range stands in their documentation alone, it is repeated here.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from ...rewards.base import weights_of


class Range(NamedTuple):
    """What the rewards of an episode may add up to."""

    low: float
    high: float


def documented_range(reward: Any, steps: int, env: Any = None) -> Range | None:
    """Return the range of an episode of so many steps; None if nothing tells it.

    Args:
        reward: The reward, if the environment has one.
        steps: Of the episode.
        env: The inner environment, for its `reward_range` of an episode.

    >>> documented_range("em", 3) is None
    True
    """
    bounds = getattr(reward, "bounds", None)
    if callable(bounds):
        low, high = bounds(steps)
        return Range(float(low), float(high))
    stated = _STATED.get(getattr(reward, "__name__", type(reward).__name__))
    if stated is not None:
        return stated(reward)
    given = getattr(env, "reward_range", None)
    if isinstance(given, tuple) and len(given) == 2 and all(map(math.isfinite, given)):
        return Range(float(given[0]), float(given[1]))
    return None


def _of_weights(reward: Any) -> Range:
    return Range(0.0, sum(weights_of(reward).values()))


def _of_facts(reward: Any) -> Range:
    """Shaping adds up to 0 over an episode that terminates; facts and masked choices cost."""
    gains = reward.answer + reward.retrieval + reward.efficiency + reward.turn
    return Range(-math.inf, float(gains))


def _one(reward: Any) -> Range:
    return Range(0.0, 1.0)


_STATED = {
    "em_reward": _one,
    "f1_reward": _one,
    "RagReward": _one,
    "DagReward": _of_weights,
    "SubgraphReward": _of_facts,
}
