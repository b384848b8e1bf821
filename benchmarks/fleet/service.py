"""How long a retriever takes for a batch: measured, and fitted by a line."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import ConfigError
from ...retrieval.base import Retriever

BATCHES = (1, 4, 16, 64, 256)
"""Queries of a measured search."""

REPEATS = 5


@dataclass(frozen=True)
class Service:
    """A replica of a retriever: it searches for one batch at a time.

    Raises:
        ConfigError: If a time is negative, both are 0, or a batch is empty.

    >>> service = Service(fixed=0.01, each=0.001, most=64)
    >>> round(service.seconds(10), 3), round(service.limit)
    (0.02, 865)
    """

    fixed: float
    """Seconds of a search, however many queries it has."""
    each: float
    """Seconds that a query adds."""
    most: int = 64
    """Queries of a batch at most."""

    def __post_init__(self) -> None:
        if min(self.fixed, self.each) < 0 or self.fixed + self.each <= 0 or self.most < 1:
            raise ConfigError(
                f"{self} is no service: seconds are 0 or more and not both 0, a batch has a query."
            )

    def seconds(self, queries: int) -> float:
        """Return how long a batch takes."""
        return self.fixed + self.each * queries

    @property
    def limit(self) -> float:
        """Queries a second with full batches: a replica's most."""
        return self.most / self.seconds(self.most)


def measure(
    retriever: Retriever, queries: Sequence[str], k: int = 5, *, most: int = 64
) -> tuple[Service, dict[int, float]]:
    """Search with batches of several sizes; return the line through their times, and the times.

    The time of a size is the least of five, in seconds: what else runs on a machine only adds. The
    line is fitted by relative errors, so that it is as right for one query as for 256.

    Args:
        retriever: What is measured.
        queries: As many as a batch of 256 needs; fewer are asked again.
        k: Documents of a query.
        most: Queries of a batch at most, in the service that is returned.
    """
    times = {size: _least(retriever, _cycle(queries, size), k) for size in BATCHES}
    sizes, seconds = np.array(list(times)), np.array(list(times.values()))
    rows = np.stack([np.ones(len(sizes)), sizes], axis=1) / seconds[:, None]
    fixed, each = np.linalg.lstsq(rows, np.ones(len(sizes)), rcond=None)[0]
    if fixed < 0:  # no cost of its own that could be measured
        fixed, each = 0.0, float(np.mean(seconds / sizes))
    return Service(max(float(fixed), 0.0), max(float(each), 0.0), most), times


def _cycle(queries: Sequence[str], size: int) -> list[str]:
    if not queries:
        raise ConfigError("There is no query to measure with; give one at least.")
    return [queries[n % len(queries)] for n in range(size)]


def _least(retriever: Retriever, batch: list[str], k: int) -> float:
    spent = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        retriever.search(batch, k)
        spent.append(time.perf_counter() - began)
    return min(spent)
