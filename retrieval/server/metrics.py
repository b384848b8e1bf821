"""What a server has done so far, in the text form that Prometheus reads.

The form: prometheus.io/docs/instrumenting/exposition_formats. Touched by one event loop only.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


class Histogram:
    r"""How often values fell into which range.

    >>> histogram = Histogram((1, 10))
    >>> for value in (0.5, 7, 99): histogram.add(value)
    >>> print(*histogram.lines("wait"), sep="\n")
    # TYPE wait histogram
    wait_bucket{le="1"} 1
    wait_bucket{le="10"} 2
    wait_bucket{le="+Inf"} 3
    wait_sum 106.5
    wait_count 3
    """

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def add(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def lines(self, name: str) -> Iterator[str]:
        """Yield the histogram's lines."""
        yield f"# TYPE {name} histogram"
        bounds = [*map(str, self._bounds), "+Inf"]
        for bound, count in zip(bounds, accumulate(self._counts), strict=True):
            yield f'{name}_bucket{{le="{bound}"}} {count}'
        yield f"{name}_sum {self._sum:g}"
        yield f"{name}_count {sum(self._counts)}"


class Metrics:
    """The counters of one server."""

    def __init__(self) -> None:
        self._requests: Counter[int] = Counter()
        self._queries = 0
        self._request_seconds = Histogram(SECONDS)
        self._search_seconds = Histogram(SECONDS)
        self._batch_queries = Histogram(SIZES)

    def request(self, status: int, seconds: float) -> None:
        """Count a request to `/retrieve` that was answered, or whose client has gone (499)."""
        self._requests[status] += 1
        self._request_seconds.add(seconds)

    def batch(self, queries: int, seconds: float) -> None:
        """Count a search."""
        self._queries += queries
        self._batch_queries.add(queries)
        self._search_seconds.add(seconds)

    def text(self, waiting: int) -> str:
        """Write all of it down.

        Args:
            waiting: How many queries are in the queue.
        """
        return "\n".join(self._lines(waiting)) + "\n"

    def _lines(self, waiting: int) -> Iterator[str]:
        yield "# TYPE hopgym_requests_total counter"
        for status, count in sorted(self._requests.items()):
            yield f'hopgym_requests_total{{status="{status}"}} {count}'
        yield "# TYPE hopgym_queries_total counter"
        yield f"hopgym_queries_total {self._queries}"
        yield "# TYPE hopgym_queries_waiting gauge"
        yield f"hopgym_queries_waiting {waiting}"
        yield from self._request_seconds.lines("hopgym_request_seconds")
        yield from self._search_seconds.lines("hopgym_search_seconds")
        yield from self._batch_queries.lines("hopgym_batch_queries")
