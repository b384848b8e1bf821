"""The best few of many scores, always the same ones.

Used by every retriever that scores its whole corpus. Positions are taken to be in the order of the
document ids, so that ties fall by id.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray


def top_k(scores: NDArray[Any], k: int, floor: float = 0.0) -> NDArray[np.intp]:
    """Return the positions of the `k` highest scores above `floor`: by score, then by position.

    It never sorts more than `k` of them.

    >>> top_k(np.array([0.0, 2.0, 5.0, 2.0, 2.0]), 3).tolist()
    [2, 1, 3]
    """
    k = int(k)  # an unsigned number of NumPy's has no negative
    matching = scores > floor
    count = np.count_nonzero(matching)
    if k < count and len(scores) < 2 * count:
        hits = _best(scores, k)  # most match: gathering them first would cost more
    else:
        # few match: partitioning would be slow on all the equal zeros
        hits = np.flatnonzero(matching)
        if k < count:
            hits = hits[_best(scores[hits], k)]
    return hits[np.argsort(-scores[hits], kind="stable")]


def check_finite(scores: NDArray[Any]) -> None:
    """Refuse scores of which one is no number, as those of a damaged index are.

    It would never be among the best: its document, or a whole row, would just be missing.

    Raises:
        ValueError: If one is NaN or infinite.
    """
    if not scores.max(initial=0.0) < math.inf:  # which keeps a NaN; one pass, and no array
        raise ValueError("its scores are not finite")


def _best(values: NDArray[Any], k: int) -> NDArray[np.intp]:
    """Return where the `k` highest are, those that tie for the last place in order."""
    last = np.partition(values, -k)[-k]
    above = np.flatnonzero(values > last)  # fewer than k
    tied = np.flatnonzero(values == last)[: k - len(above)]
    return np.concatenate([above, tied])
