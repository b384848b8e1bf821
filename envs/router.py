"""Puts each search of a plan to its source: a retriever for each, all asked at the same time.

General, News and Academy are always there: a question set that knows no such collection has all of
its documents searched under that name. What a source fails to answer is an error for the node that
asked, never an empty result.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from ..core import Document
from ..errors import ConfigError, HopgymError, RetrievalError, told
from ..files import fingerprint
from ..retrieval import is_saved, make_retriever
from ..retrieval.base import Hits, Immutable, Retriever, check_hits
from ..retrieval.children import works_here
from ..retrieval.fan_out import in_threads
from ..retrieval.multi_source import MultiSourceRetriever
from ..retrieval.options import split_options
from .grammars.text import one_line

TOOLS = ("General", "News", "Academy")
"""The sources that every plan may name (Reasoning-Search, arXiv 2506.08352)."""

CONCURRENCY = 16
"""Batches under way at once."""

Row = list[tuple[Document, float]]
Answer = Row | RetrievalError


class SourceQuery(NamedTuple):
    """What a node asks of its source."""

    text: str
    source: str
    node: str = ""


class Call(NamedTuple):
    """A batch for one source, ready to be made."""

    make: Callable[[], list[Row]]
    here: bool
    """Whether it waits for nobody, so that a thread would gain nothing."""


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


class Router(Immutable):
    """Retrievers by the name of their source; a retriever itself, of all documents.

    Args:
        retriever: What searches a source: a name that is made for each of them, or a retriever,
            which serves all of them (one with `sources` serves each with its own).
        documents: What is searched, each in its `source`.
        others: Source to retriever, instead of those or beside them.
        timeout: Seconds that a source may take for a batch; None waits.
    """

    def __init__(
        self,
        retriever: str | Path | Retriever,
        documents: Sequence[Document],
        others: Mapping[str, str | Path | Retriever] | None = None,
        *,
        timeout: float | None = None,
    ) -> None:
        own = _made(_checked(others), documents)
        needed = {*TOOLS, *(document.source for document in documents)}.difference(own)
        self.base = _base(retriever, documents) if needed else MultiSourceRetriever((), sources=own)
        named = {**getattr(self.base, "sources", {}), **own}
        self.sources: dict[str, Retriever] = {tool: named.pop(tool, self.base) for tool in TOOLS}
        self.sources.update(named)
        self.timeout = timeout

        parts = [[name, source.fingerprint] for name, source in self.sources.items()]
        self.fingerprint = fingerprint(["router", parts])

    def search(self, queries: Sequence[str], k: int) -> Hits:
        """Search all documents, whatever their source."""
        return self.base.search(queries, k)

    def search_each(self, queries: Sequence[SourceQuery], k: int) -> list[Answer]:
        """Ask all sources at once, each with one batch of its queries.

        Where a batch fails, its queries are asked once more, each alone, so that one of them does
        not fail the others.

        Returns:
            For each query its hits, or the error that stands in their place.
        """
        answers: list[Answer] = [[] for _ in queries]
        batches = list(self._batches(queries).values())
        failed = self._ask(batches, queries, k, answers)
        self._ask([[n] for batch in failed if len(batch) > 1 for n in batch], queries, k, answers)
        return answers

    def _batches(self, queries: Sequence[SourceQuery]) -> dict[int, list[int]]:
        """Return the queries of each retriever; sources may share one."""
        batches: dict[int, list[int]] = {}
        for n, query in enumerate(queries):
            batches.setdefault(id(self.sources[query.source]), []).append(n)
        return batches

    def _ask(
        self,
        batches: Sequence[list[int]],
        queries: Sequence[SourceQuery],
        k: int,
        answers: list[Answer],
    ) -> list[list[int]]:
        """Ask these batches at the same time; return those that failed in time."""
        calls = [self._call([queries[n] for n in batch], k) for batch in batches]
        again = []
        for batch, result in zip(batches, self._run(calls), strict=True):
            if isinstance(result, Exception):
                if not isinstance(result, RetrievalError | TimeoutError):
                    raise result
                for n in batch:
                    answers[n] = SourceError(queries[n], result)
                if not isinstance(result, TimeoutError):
                    again.append(batch)
            else:
                for n, row in zip(batch, result, strict=True):
                    answers[n] = row
        return again

    def _call(self, queries: Sequence[SourceQuery], k: int) -> Call:
        source = queries[0].source
        retriever = self.sources[source]
        here = self.timeout is None and works_here(retriever)
        return Call(partial(_search, retriever, source, [q.text for q in queries], k), here)

    def _run(self, calls: Sequence[Call]) -> list[Any]:
        """Make calls side by side; those that wait for nobody are made first, without threads."""
        results = {n: _outcome(call.make) for n, call in enumerate(calls) if call.here}
        waiting = [n for n, call in enumerate(calls) if not call.here]
        makes = [calls[n].make for n in waiting]
        found = in_threads(makes, concurrency=CONCURRENCY, timeout=self.timeout)
        results.update(zip(waiting, found, strict=True))
        return [results[n] for n in range(len(calls))]


def _outcome(make: Callable[[], Any]) -> Any:
    try:
        return make()
    except RetrievalError as error:
        return error


def _search(retriever: Retriever, source: str, queries: Sequence[str], k: int) -> list[Row]:
    try:
        hits = retriever.search(queries, k)
    except HopgymError:
        raise
    except Exception as error:
        raise RetrievalError(f"It raised {told(error)}.") from error
    check_hits(hits, queries, k, source)
    return hits.rows


def _base(spec: str | Path | Retriever, documents: Sequence[Document]) -> Retriever:
    """Return what searches all documents: by source, unless the user's own way is given."""
    by_name = isinstance(spec, str) and not is_saved(spec) and documents
    if not by_name or split_options(str(spec))[0] == "multi_source":
        return make_retriever(spec, documents)
    return make_retriever(f"multi_source?base={quote(json.dumps(spec))}", documents)


def _made(
    others: Mapping[str, str | Path | Retriever], documents: Sequence[Document]
) -> dict[str, Retriever]:
    """Make the sources that were asked for; each searches its own documents, or all if it has none."""
    made = {}
    for name, spec in others.items():
        own = [document for document in documents if document.source == name]
        made[name] = make_retriever(spec, own or documents)
    return made


def _checked(others: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if others is not None and not isinstance(others, Mapping):
        raise ConfigError(
            f'sources is {others!r:.100}; give a mapping, as {{"News": "bm25", "Web": "exa"}}.'
        )
    for name in others or {}:
        if not isinstance(name, str) or not name.replace(" ", "").replace("-", "").isalnum():
            raise ConfigError(f"A source is called {name!r:.60}; use letters, digits and hyphens.")
    return others or {}
