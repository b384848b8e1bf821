"""BM25 by a compiled loop: queries are scored and ranked by numba, where that is installed.

The loop (`compiled`) adds the same numbers in the same order as bm25s does, and ranks as `top_k` does, so that it
changes the speed and not one bit of a result. bm25s's own numba backend is not used: it takes
seconds to compile in every process, ranks ties as it likes, and aborts the process when two
threads share its workqueue threading layer. This loop is compiled once and kept on disk, is plain
serial code, and lets other threads run meanwhile. For rare words it visits only the documents that have one.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import require

COMPILED_FROM = 20_000
"""Documents from which the compiling is worth its second."""
SHARED_FROM = 16
"""Queries from which a batch is shared by threads."""
MAX_K = 100
"""Hits up to which the best are kept by insertion; beyond, sorting them all is faster."""


def has_numba() -> bool:
    """Return whether numba is installed, without importing it."""
    return find_spec("numba") is not None


class Meanwhile(threading.Thread):
    """Compiling beside the other work, which a fork waits for.

    A child of a fork has one thread, and every lock that another held stays locked in it: the next
    to compile there would wait for ever.

    Args:
        compile: What to do.
    """

    def __init__(self, compile: Callable[[], None]) -> None:
        super().__init__(target=compile, daemon=True, name="hopgym-compile")


def _wait_for_compilers() -> None:
    for thread in threading.enumerate():
        compiling = isinstance(thread, Meanwhile) and thread is not threading.current_thread()
        if compiling and thread.is_alive():  # not where it is only about to start
            thread.join()


if hasattr(os, "register_at_fork"):  # where there are forks; once, as this module is imported once
    os.register_at_fork(before=_wait_for_compilers)


Ranked = tuple[NDArray[np.intp], NDArray[Any]]
"""The positions and scores of a query's best documents."""


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
        from .compiled import rank_each

        self._loop = rank_each
        # Called once with its real arrays: a memory map has a type, and so a compilation, of its own.
        self([[]], 1)

    def __call__(self, queries: Sequence[list[int]], k: int, threads: int = 1) -> list[Ranked]:
        """Return the best `k` for the terms of each query.

        Raises:
            IndexError: If the index points out of itself.
        """
        if threads == 1 or len(queries) < SHARED_FROM:
            return self._rank(queries, k)
        size = math.ceil(len(queries) / threads)
        parts = [queries[start : start + size] for start in range(0, len(queries), size)]
        with ThreadPoolExecutor(threads) as pool:
            return [
                row for rows in pool.map(lambda part: self._rank(part, k), parts) for row in rows
            ]

    def _rank(self, queries: Sequence[list[int]], k: int) -> list[Ranked]:
        """Rank in one call, which lets other threads run meanwhile."""
        try:
            scores = self._free.pop()
        except IndexError:
            scores = np.zeros(self._size, dtype=self._postings[0].dtype)
        terms = np.fromiter(chain.from_iterable(queries), dtype=np.int64)
        starts = np.cumsum([0, *map(len, queries)])
        positions = np.empty((len(queries), min(k, self._size)), dtype=np.intp)
        best = np.zeros(positions.shape, dtype=scores.dtype)
        found = np.zeros(len(queries), dtype=np.intp)
        self._loop(*self._postings, terms, starts, scores, positions, best, found)
        if (found < 0).any():
            raise IndexError("a posting lies outside")
        self._free.append(scores)  # zeros again; what a failed call has written to is dropped
        rows = zip(positions, best, found.tolist(), strict=True)
        return [(row[:count], its_best[:count]) for row, its_best, count in rows]
