"""Groups: the episodes of one question, which GRPO compares with each other.

A group whose episodes were all paid the same has no better and no worse: its advantages are 0, and
nothing is learnt from it, however much it cost to play. DAPO (arXiv 2503.14476, section 3.2) draws
other questions in its place.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

SAME = 1e-8
"""Rewards that differ by no more are the same, as TRL has it."""

Pay = float | None
"""What an episode was paid; None where it could not be scored."""


def grouped(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield the groups, which stand one behind the other.

    Args:
        items: Those of all groups.
        size: How many are in a group; the last may have fewer.
    """
    for start in range(0, len(items), size):
        yield items[start : start + size]


def is_flat(pays: Sequence[Pay]) -> bool:
    """Return whether nothing can be learnt from a group.

    >>> is_flat([1.0, 1.0, None]), is_flat([1.0, 0.0]), is_flat([None, None])
    (True, False, True)
    """
    scored = [pay for pay in pays if pay is not None]
    return not scored or math.isclose(max(scored), min(scored), rel_tol=0.0, abs_tol=SAME)


def flat_groups(pays: Sequence[Pay], size: int) -> list[int]:
    """Return the numbers of the groups from which nothing can be learnt."""
    return [number for number, group in enumerate(grouped(pays, size)) if is_flat(group)]


def advantages(pays: Sequence[Pay], size: int) -> list[float]:
    """Return what each episode was paid beyond the mean of its group; 0 for one without a score.

    Equation 3 of GRPO (arXiv 2402.03300) without the division, which changes no sign.

    >>> advantages([1.0, 0.0, 2.0, None], 2)
    [0.5, -0.5, 0.0, 0.0]
    """
    found = []
    for group in grouped(pays, size):
        scored = [pay for pay in group if pay is not None]
        mean = math.fsum(scored) / len(scored) if scored else 0.0
        found += [0.0 if pay is None else pay - mean for pay in group]
    return found
