"""Reward functions of a user's own, beside the environment's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

RewardFunction = Callable[..., Sequence[float | None]]
"""As TRL takes it."""


def where_scored(function: RewardFunction) -> RewardFunction:
    """Return a reward function that has no say where the episode has no score.

    TRL adds up what the functions return, and leaves an episode out of its group only where all of
    them return None: one that a retriever or a judge failed would be compared by the others alone.

    Args:
        function: Yours.

    >>> @where_scored
    ... def short(completion_ids, **columns):
    ...     return [-0.01 * len(ids) for ids in completion_ids]
    >>> short(completion_ids=[[1, 2], [3]], episode_reward=[0.5, None])
    [-0.02, None]
    """

    @wraps(function)
    def called(*args: Any, **columns: Any) -> list[float | None]:
        values, pays = function(*args, **columns), columns["episode_reward"]
        return [None if pay is None else value for value, pay in zip(values, pays, strict=True)]

    return called
