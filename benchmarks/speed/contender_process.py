"""A contender in a process of its own, so that its memory and its first query are its own.

The process stays for as long as the `ContenderProcess` does; what it cannot do becomes its failure.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from .contenders import CONTENDERS, Contender
from .passages import make_passages, make_questions

_contender: Contender
"""Of the process that runs the functions below."""


class ContenderProcess:
    """Runs the functions of this module in another process, one after the other.

    Args:
        name: One of `CONTENDERS`.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.failure = ""
        self._start()

    def ask(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Return what the function returns; None after a failure, which is kept."""
        if self.failure:
            return None
        try:
            return self._pool.submit(work, *arguments).result()
        except Exception as error:
            self.failure = f"{type(error).__name__}: {error}"
            return None

    def renew(self) -> None:
        """Go on in a fresh process."""
        self.close()
        self._start()

    def close(self) -> None:
        """End the process."""
        self._pool.shutdown()

    def _start(self) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(1, spawn, initializer=_become, initargs=(self.name,))


def build(size: int, folder: Path) -> tuple[float, float]:
    """Index that many passages; return the seconds and the peak of memory in MB."""
    documents = list(make_passages(size))
    start = time.perf_counter()
    _contender.build(documents, folder)
    return time.perf_counter() - start, peak_mb()


def open_index(folder: Path) -> float:
    """Open the index, imports included; return the seconds."""
    start = time.perf_counter()
    _contender.open(folder)
    return time.perf_counter() - start


def warm_up(seconds: float, most: int) -> tuple[float, int]:
    """Search for some time.

    Returns:
        The seconds that the first query took, and how many queries fit into the time, at most
        `most`.
    """
    queries = make_questions(most)
    start = time.perf_counter()
    _contender.search(queries[:1])
    first = time.perf_counter() - start
    fitting, spent = 1, first
    deadline = time.perf_counter() + 2 * seconds
    while time.perf_counter() < deadline:  # long enough for what is compiled meanwhile
        count = min(most, 2 * fitting)
        spent = _timed(queries[:count])
        fitting = max(1, min(count, round(count * seconds / spent)))
    return first, fitting


def batch(count: int) -> float:
    """Return how many queries a second it answers at once."""
    return count / _timed(make_questions(count))


def one_by_one(count: int) -> list[float]:
    """Return the milliseconds of each query, asked alone."""
    return [1000 * _timed([query]) for query in make_questions(count)]


def peak_mb() -> float:
    """Return the most memory that this process has held, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def _timed(queries: list[str]) -> float:
    start = time.perf_counter()
    _contender.search(queries)
    return time.perf_counter() - start


def _become(name: str) -> None:
    global _contender
    _contender = CONTENDERS[name]()
