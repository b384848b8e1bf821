"""Compiled loops: bm25s's own scoring loop, compiled by numba where that is installed.

The compiled loop adds the same numbers in the same order as the plain one, so that it changes the
speed and not one bit of a score. bm25s's own numba backend is not used: it takes ten seconds to
compile in every process, ranks ties as it likes, and aborts the process when two threads share its
workqueue threading layer. This loop is compiled once and kept on disk, is plain serial code, and
lets other threads run meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec
from threading import Thread
from typing import Any

import numpy as np

from ..errors import require

COMPILED_FROM = 20_000
"""Documents from which the compiling is worth its second."""


def has_numba() -> bool:
    """Return whether numba is installed, without importing it."""
    return find_spec("numba") is not None


def accelerate(index: Any) -> None:
    """Make a bm25s index score with the compiled loop, from now on.

    Raises:
        MissingExtraError: If numba is not installed.
    """
    loop = _compiled_loop()
    arrays = index.scores
    # Called once with its real arrays: a memory map has a type, and so a compilation, of its own.
    loop(
        arrays["data"],
        arrays["indptr"],
        arrays["indices"],
        arrays["num_docs"],
        np.zeros(1, dtype=index.int_dtype),
        np.dtype(index.dtype),
    )
    index._compute_relevance_from_scores = loop


def accelerate_meanwhile(index: Any) -> Thread:
    """Do the same in another thread; until that is done, the index scores as before."""
    thread = Thread(target=accelerate, args=(index,), daemon=True, name="hopgym-compile")
    thread.start()
    return thread


@lru_cache(maxsize=1)
def _compiled_loop() -> Callable[..., Any]:
    numba = require("numba", "fast")
    scoring = require("bm25s.scoring", "fast")
    loop: Callable[..., Any] = numba.njit(
        scoring._compute_relevance_from_scores_jit_ready, cache=True, nogil=True
    )
    return loop
