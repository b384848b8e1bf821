"""The best few of many scores, always the same ones.

Used by every retriever that scores its whole corpus. Positions are taken to be in the order of the
document ids, so that ties fall by id.
"""

from __future__ import annotations

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
    hits = np.flatnonzero(scores > floor)
    values = scores[hits]
    if len(hits) > k:
        last = np.partition(values, -k)[-k]
        above = hits[values > last]  # fewer than k
        tied = hits[values == last][: k - len(above)]
        hits = np.concatenate([above, tied])
        values = scores[hits]
    return hits[np.argsort(-values, kind="stable")]
