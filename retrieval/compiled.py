"""The loop that numba compiles: all of this is plain Python arithmetic on arrays.

Importing it needs numba; `kernels` does so when it is wanted.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def keep(
    document: int, score: Any, positions: NDArray[np.intp], best: NDArray[Any], found: int
) -> int:
    """Put a document in its place among the best, if it has one; return how many there are."""
    place = found
    while place > 0 and (
        score > best[place - 1] or (score == best[place - 1] and document < positions[place - 1])
    ):
        place -= 1
    if place == len(best):
        return found
    found = min(found + 1, len(best))
    for later in range(found - 1, place, -1):
        best[later], positions[later] = best[later - 1], positions[later - 1]
    best[place], positions[place] = score, document
    return found


@njit(cache=True, nogil=True)
def rank(
    data: NDArray[Any],
    pointers: NDArray[Any],
    indices: NDArray[Any],
    terms: NDArray[np.int64],
    scores: NDArray[Any],
    positions: NDArray[np.intp],
    best: NDArray[Any],
) -> int:
    """Fill `positions` and `best`; return how many, or -1 for an index that is damaged.

    `scores` are zeros before and after; `best` are zeros before.
    """
    touched = 0
    for term in terms:
        if pointers[term] < 0 or pointers[term + 1] > len(indices):
            return -1
        touched += pointers[term + 1] - pointers[term]
        for posting in range(pointers[term], pointers[term + 1]):
            document = indices[posting]
            if document < 0 or document >= len(scores):
                return -1
            scores[document] += data[posting]
    found, last = 0, len(best) - 1
    if touched > len(scores):
        for document in range(len(scores)):
            score = scores[document]
            if not score <= best[last]:  # which no NaN is either
                if not score < np.inf:
                    return -1
                found = keep(document, score, positions, best, found)
        scores[:] = 0
        return found
    for term in terms:
        for posting in range(pointers[term], pointers[term + 1]):
            document = indices[posting]
            score = scores[document]
            if not (score <= 0 or score < best[last]):  # a call costs more than to look first
                if not score < np.inf:
                    return -1
                found = keep(document, score, positions, best, found)
            scores[document] = 0  # seen
    return found


@njit(cache=True, nogil=True)
def rank_each(
    data: NDArray[Any],
    pointers: NDArray[Any],
    indices: NDArray[Any],
    terms: NDArray[np.int64],
    starts: NDArray[np.int64],
    scores: NDArray[Any],
    positions: NDArray[np.intp],
    best: NDArray[Any],
    found: NDArray[np.intp],
) -> None:
    """Rank for each query, whose terms lie between two `starts`; its row and `found` are filled.

    Of a damaged index nothing more is read: the rest of `found` stays 0.
    """
    for query in range(len(found)):
        own = terms[starts[query] : starts[query + 1]]
        found[query] = rank(data, pointers, indices, own, scores, positions[query], best[query])
        if found[query] < 0:
            return
