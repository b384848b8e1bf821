"""BM25 by a compiled loop: one query is scored and ranked by numba, where that is installed.

The loop (`compiled`) adds the same numbers in the same order as bm25s does, and ranks as `top_k` does, so that it
changes the speed and not one bit of a result. bm25s's own numba backend is not used: it takes
seconds to compile in every process, ranks ties as it likes, and aborts the process when two
threads share its workqueue threading layer. This loop is compiled once and kept on disk, is plain
serial code, and lets other threads run meanwhile. For rare words it visits only the documents that have one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import require

COMPILED_FROM = 20_000
"""Documents from which the compiling is worth its second."""
MAX_K = 100
"""Hits up to which the best are kept by insertion; beyond, sorting them all is faster."""


def has_numba() -> bool:
    """Return whether numba is installed, without importing it."""
    return find_spec("numba") is not None


class Ranker:
    """Ranks the documents of a bm25s index, compiled when it is made.

    Args:
        index: The `scores` of a `bm25s.BM25`: postings by term, with their scores.

    Raises:
        MissingExtraError: If numba is not installed.
    """

    def __init__(self, index: Mapping[str, Any]) -> None:
        self._postings = (index["data"], index["indptr"], index["indices"])
        self._size = int(index["num_docs"])
        self._free: list[NDArray[Any]] = []  # rows of zeros, one for each thread at work
        require("numba", "fast")
        from .compiled import rank

        self._loop = rank
        # Called once with its real arrays: a memory map has a type, and so a compilation, of its own.
        self([], 1)

    def __call__(self, ids: Sequence[int], k: int) -> tuple[NDArray[np.intp], NDArray[Any]]:
        """Return the positions and scores of the best `k` for the terms of a query.

        Raises:
            IndexError: If the index points out of itself.
        """
        try:
            scores = self._free.pop()
        except IndexError:
            scores = np.zeros(self._size, dtype=self._postings[0].dtype)
        terms = np.array(ids, dtype=np.int64)
        positions = np.empty(min(k, self._size), dtype=np.intp)
        best = np.zeros(len(positions), dtype=scores.dtype)
        found = self._loop(*self._postings, terms, scores, positions, best)
        if found < 0:
            raise IndexError("a posting lies outside")
        self._free.append(scores)  # zeros again; what a failed call has written to is dropped
        return positions[:found], best[:found]
