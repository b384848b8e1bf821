"""Whether one retriever is better than another: the paired bootstrap over questions.

It resamples the questions, each with its difference between the two, and needs nothing but NumPy.
It knows no metric; `hopgym.retrieval.metrics` gives the values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ..errors import ConfigError
from ..seeding import rng_for

RESAMPLES = 9_999
CONFIDENCE = 0.95
_CELLS = 1_000_000  # random numbers drawn at once: bounds the memory for any number of questions


class Difference(NamedTuple):
    """How much better one is than the other."""

    mean: float
    """The mean of (ours - theirs)."""
    low: float
    """The lower end of its 95 % interval, from the bootstrap's percentiles."""
    high: float
    p_value: float
    """How often chance alone gives a difference as large (two-sided)."""
    n: int
    """Over how many questions."""


def paired_bootstrap(
    ours: Mapping[str, float], theirs: Mapping[str, float], *path: str | int
) -> Difference:
    """Compare two retrievers by their values on the same questions.

    The p-value is that of the bootstrap with shifted differences (Efron and Tibshirani 1993, 16.4;
    Sakai, "Evaluating evaluation metrics based on the bootstrap", SIGIR 2006).

    Args:
        ours: The value of each question, by id.
        theirs: The same, of the other.
        path: Names the random stream.

    Raises:
        ConfigError: If the values are not by question, the questions are not the same, or there
            are none.

    >>> paired_bootstrap({"q1": 1.0, "q2": 0.5}, {"q1": 1.0, "q2": 0.5}).mean
    0.0
    """
    _check_same(ours, theirs)
    # In an order of their own, so that two ways of reading the questions agree.
    differences = np.array([ours[key] - theirs[key] for key in sorted(ours)], dtype=np.float64)
    mean = float(differences.mean())
    means = _resampled_means(differences, path)
    tail = 50 * (1 - CONFIDENCE)
    low, high = (float(end) for end in np.percentile(means, [tail, 100 - tail]))
    # The sums are rounded: what is equal but for that counts as being as large.
    as_large = int(np.count_nonzero(np.abs(means - mean) >= abs(mean) - 1e-12))
    return Difference(mean, low, high, (1 + as_large) / (1 + RESAMPLES), len(differences))


def _resampled_means(differences: np.ndarray, path: tuple[str | int, ...]) -> np.ndarray:
    rng = rng_for(0, "paired", *path)
    n = len(differences)
    rows = max(1, _CELLS // n)
    parts = [
        differences[rng.integers(n, size=(min(rows, RESAMPLES - start), n))].mean(axis=1)
        for start in range(0, RESAMPLES, rows)
    ]
    return np.concatenate(parts)


def _check_same(ours: Mapping[str, float], theirs: Mapping[str, float]) -> None:
    for values in (ours, theirs):
        if not isinstance(values, Mapping):
            raise ConfigError(
                f"The values are a {type(values).__name__}; give a mapping from question id to "
                'value, such as evaluate(...).of("recall@5").'
            )
    if ours.keys() != theirs.keys():
        odd = sorted(ours.keys() ^ theirs.keys())
        raise ConfigError(
            f"The two have not the same questions: {len(ours)} and {len(theirs)}, and only one has "
            f"{odd[0]!r}. Give the values of the same questions."
        )
    if not ours:
        raise ConfigError("There are no questions to compare over; give at least one.")
