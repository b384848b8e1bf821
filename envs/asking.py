"""Asking several sources at the same time: one batch each, and what is done where one fails.

It knows queries and retrievers, and nothing of plans. A failure stands in the place of the hits
that it kept from coming: it is never an empty result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import monotonic
from typing import Any, NamedTuple

from ..core import Document
from ..errors import ConfigError, DataError, MissingExtraError, RetrievalError, told
from ..retrieval.base import Retriever, check_hits
from ..retrieval.children import works_here
from ..retrieval.fan_out import in_threads
from .grammars.text import one_line

CONCURRENCY = 16
"""Calls under way at once."""

PROBES = 3
"""Queries of a failed batch that are asked alone, to see whether it was the source or a query."""

MOST_HANGING = 8
"""Calls to a source that have not come back, from which on it is not called again."""

Row = list[tuple[Document, float]]
Answer = Row | RetrievalError

_MISTAKES = (RetrievalError, ConfigError, DataError, MissingExtraError)
"""What a source may raise as it is: its failure, or a mistake in how it was set up."""


class SourceQuery(NamedTuple):
    """What a node asks of its source."""

    text: str
    source: str
    node: str = ""


class SourceError(RetrievalError):
    """A node that could not be answered: a failure of infrastructure, which is never scored."""

    def __init__(self, query: SourceQuery, error: Exception) -> None:
        super().__init__(
            f"Node {query.node or '?'} could not be answered: {query.source} failed for "
            f"{one_line(query.text, 80)!r}. {error} Nothing was scored; the action may be repeated."
        )
        self.query, self.error = query, error
        self.__cause__ = error
        self.node, self.source = query.node, query.source

    def __reduce__(self) -> tuple[Any, ...]:
        return SourceError, (self.query, self.error)  # it crosses processes


class Asking:
    """Some queries, put to their sources at the same time.

    Args:
        sources: Retrievers by the name of their source.
        queries: What is asked.
        k: Hits for each.
        timeout: Seconds for all of it; None waits.
        running: The calls to each retriever that are under way, abandoned ones too; shared by all
            who ask these sources.
    """

    def __init__(
        self,
        sources: Mapping[str, Retriever],
        queries: Sequence[SourceQuery],
        k: int,
        timeout: float | None,
        running: dict[int, list[None]],
    ) -> None:
        self.sources, self.queries, self.k = sources, queries, k
        self.timeout = timeout
        self.running = running
        self.answers: list[Answer] = [[] for _ in queries]
        self._until = None if timeout is None else monotonic() + timeout

    def run(self) -> list[Answer]:
        """Return the hits of each query, or the error that stands in their place.

        Where a batch fails, some of its queries are asked alone; if any of these is answered the
        others are too, so that one bad query does not fail its neighbours, and if none is the
        source is down and is left alone.
        """
        batches: dict[int, list[int]] = {}
        for n, query in enumerate(self.queries):  # sources may share a retriever
            batches.setdefault(id(self.sources[query.source]), []).append(n)
        failed = [batch for batch in self._ask(list(batches.values())) if len(batch) > 1]
        self._ask([[n] for batch in failed for n in batch[:PROBES]])
        alive = [batch for batch in failed if any(map(self._answered, batch[:PROBES]))]
        self._ask([[n] for batch in alive for n in batch[PROBES:]])
        return self.answers

    def _answered(self, n: int) -> bool:
        return not isinstance(self.answers[n], Exception)

    def _ask(self, batches: Sequence[list[int]]) -> list[list[int]]:
        """Ask these batches at the same time; return those that failed before the time was up."""
        left = None if self._until is None else self._until - monotonic()
        if not batches or (left is not None and left <= 0):
            return []
        failed = []
        for batch, result in zip(batches, self._call(batches, left), strict=True):
            if not isinstance(result, Exception):
                for n, row in zip(batch, result, strict=True):
                    self.answers[n] = row
                continue
            if not isinstance(result, RetrievalError | TimeoutError):
                raise result
            error = result
            if isinstance(result, TimeoutError):
                error = RetrievalError(f"It did not answer within {self.timeout:g} s.")
            for n in batch:
                self.answers[n] = SourceError(self.queries[n], error)
            if not isinstance(result, TimeoutError):
                failed.append(batch)
        return failed

    def _call(self, batches: Sequence[list[int]], left: float | None) -> list[Any]:
        """Call side by side; what waits for nobody is called here, while the others wait."""
        makes = [self._make(batch) for batch in batches]
        local = [self.timeout is None and self._works_here(batch) for batch in batches]
        own: list[Any] = []
        remote = in_threads(
            [make for make, here in zip(makes, local, strict=True) if not here],
            concurrency=CONCURRENCY,
            timeout=left,
            meanwhile=lambda: own.extend(
                [_outcome(make) for make, here in zip(makes, local, strict=True) if here]
            ),
        )
        here, there = iter(own), iter(remote)
        return [next(here) if is_local else next(there) for is_local in local]

    def _works_here(self, batch: Sequence[int]) -> bool:
        return works_here(self.sources[self.queries[batch[0]].source])

    def _make(self, batch: Sequence[int]) -> Callable[[], list[Row]]:
        source = self.queries[batch[0]].source
        retriever = self.sources[source]
        running = self.running.setdefault(id(retriever), [])
        return partial(
            _search, retriever, source, [self.queries[n].text for n in batch], self.k, running
        )


def _outcome(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except RetrievalError as error:
        return error


def _search(
    retriever: Retriever, source: str, queries: Sequence[str], k: int, running: list[None]
) -> list[Row]:
    if len(running) >= CONCURRENCY + MOST_HANGING:
        raise RetrievalError(f"{len(running)} calls to it have not come back; it hangs.")
    running.append(None)  # a list, as its append and pop are atomic and it can be pickled
    try:
        hits = retriever.search(queries, k)
    except _MISTAKES:
        raise
    except (Exception, SystemExit) as error:
        raise RetrievalError(f"It raised {told(error)}.") from error
    finally:
        running.pop()
    check_hits(hits, queries, k, source)
    return hits.rows
