"""Means with intervals, and whether two agents differ.

Bootstrap intervals and permutation tests come from SciPy, Holm's correction is here. All are
seeded by a path, so that the same results give the same leaderboard everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np

from ..errors import ConfigError
from ..seeding import rng_for

K = TypeVar("K", bound=Hashable)

RESAMPLES = 4_999
CONFIDENCE = 0.95
_BATCH_CELLS = 2_000_000
"""Random numbers drawn at once: bounds the memory at 16 MB for any number of questions."""


class Interval(NamedTuple):
    """A mean with its 95 % confidence interval."""

    mean: float
    low: float
    high: float
    n: int
    """How many questions it is the mean of."""


class Comparison(NamedTuple):
    """How an agent stands against a reference on their common questions."""

    difference: float
    """The mean of (agent - reference)."""
    p_value: float
    n: int


def mean_interval(values: Sequence[float], *path: str | int, share: bool = False) -> Interval:
    """Return the mean and its bias-corrected bootstrap interval (BCa; Efron 1987).

    A sample without any spread has nothing to resample. If it is a share (all its values between
    0 and 1), another interval still says how little a small sample proves: at 0 or 1 the exact
    binomial one (Clopper and Pearson 1934), in between the one that holds for any bounded values
    (Hoeffding 1963). Where the values have no bounds nothing can be said: the ends are the mean.

    Args:
        values: One number for each question; at least one.
        path: Names the random stream.
        share: Whether every value lies between 0 and 1.

    >>> mean_interval([0.5, 0.5])
    Interval(mean=0.5, low=0.5, high=0.5, n=2)
    """
    if not len(values):
        raise ConfigError("The mean of no values is not defined; there must be at least one.")
    sample = np.asarray(values, dtype=np.float64)
    mean = float(sample.mean())
    if np.ptp(sample) <= 1e-12 * max(1.0, abs(mean)):
        return _without_spread(mean, len(sample), share)
    low, high = _bootstrap(sample, rng_for(0, "bootstrap", *path))
    return Interval(mean, low, high, len(sample))


def compare(
    agent: Mapping[str, float], reference: Mapping[str, float], *path: str | int
) -> Comparison | None:
    """Test whether two agents' scores differ, question by question.

    The two-sided paired permutation test: under the null hypothesis the two scores of a question
    may be swapped.

    Args:
        agent: The score of each question, by id.
        reference: The same, of the other agent.
        path: Names the random stream.

    Returns:
        The comparison, or None when they share no question.
    """
    common = [key for key in agent if key in reference]
    if not common:
        return None
    ours = np.array([agent[key] for key in common])
    theirs = np.array([reference[key] for key in common])
    difference = float(np.mean(ours - theirs))
    if len(common) < 2 or not np.any(ours - theirs):  # one pair proves nothing: p is 1 by its law
        return Comparison(difference, 1.0, len(common))
    return Comparison(difference, _permutation(ours, theirs, path), len(common))


def holm(p_values: Mapping[K, float]) -> dict[K, float]:
    """Correct p-values for being several (Holm 1979).

    >>> holm({"a": 0.01, "b": 0.04, "c": 0.03})
    {'a': 0.03, 'b': 0.06, 'c': 0.06}
    """
    corrected: dict[K, float] = {}
    largest = 0.0
    ranked = sorted(p_values, key=lambda name: p_values[name])
    for rank, name in enumerate(ranked):
        largest = max(largest, min(1.0, (len(ranked) - rank) * p_values[name]))
        corrected[name] = largest
    return {name: corrected[name] for name in p_values}


def by_question(pairs: Sequence[tuple[str, float]]) -> dict[str, float]:
    """Average the episodes of each question: seeds of one question are no independent samples.

    >>> by_question([("q1", 1.0), ("q2", 0.0), ("q1", 0.0)])
    {'q1': 0.5, 'q2': 0.0}
    """
    groups: dict[str, list[float]] = {}
    for question_id, value in pairs:
        groups.setdefault(question_id, []).append(value)
    return {question_id: sum(group) / len(group) for question_id, group in groups.items()}


def _scipy_stats() -> Any:
    """Import it late: it takes longer than all else that a command needs."""
    from scipy import stats

    return stats


def _bootstrap(sample: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    result = _scipy_stats().bootstrap(
        (sample,),
        np.mean,
        confidence_level=CONFIDENCE,
        n_resamples=RESAMPLES,
        batch=_batch(len(sample)),
        method="BCa",
        vectorized=True,
        rng=rng,
    )
    low, high = (float(end) for end in result.confidence_interval)
    return low, high


def _permutation(ours: np.ndarray, theirs: np.ndarray, path: tuple[str | int, ...]) -> float:
    result = _scipy_stats().permutation_test(
        (ours, theirs),
        lambda a, b, axis: np.mean(a - b, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=_batch(len(ours)),
        rng=rng_for(0, "permutation", *path),
    )
    return float(result.pvalue)


def _without_spread(mean: float, n: int, share: bool) -> Interval:
    if not share:
        return Interval(mean, mean, mean, n)
    if mean not in (0.0, 1.0):
        reach = math.sqrt(math.log(2 / (1 - CONFIDENCE)) / (2 * n))
        return Interval(mean, max(0.0, mean - reach), min(1.0, mean + reach), n)
    test = _scipy_stats().binomtest(round(mean * n), n)
    exact = test.proportion_ci(CONFIDENCE, method="exact")
    return Interval(mean, float(exact.low), float(exact.high), n)


def _batch(n: int) -> int:
    return max(1, _BATCH_CELLS // n)
