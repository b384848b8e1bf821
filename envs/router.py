"""Puts each search of a plan to its source: a retriever for each, all asked at the same time.

General, News and Academy are always there: a question set that knows no such collection has all of
its documents searched under that name. What a source fails to answer is an error for the node that
asked, never an empty result.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..core import Document
from ..errors import ConfigError
from ..files import fingerprint
from ..retrieval import is_saved, make_retriever
from ..retrieval.base import Hits, Immutable, Retriever
from ..retrieval.multi_source import MultiSourceRetriever
from ..retrieval.options import split_options
from .asking import Answer, Asking, SourceQuery
from .grammars.tools import TOOLS


class Router(Immutable):
    """Retrievers by the name of their source; a retriever itself, of all documents.

    Args:
        retriever: What searches a source: a name that is made for each of them, or a retriever,
            which serves all of them (one with `sources` serves each with its own).
        documents: What is searched, each in its `source`.
        others: Source to retriever, instead of those or beside them.
        timeout: Seconds that the sources may take for a layer; None waits.
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
        self._running: dict[int, list[None]] = {}
        parts = [[name, source.fingerprint] for name, source in self.sources.items()]
        self.fingerprint = fingerprint(["router", parts])

    def search(self, queries: Sequence[str], k: int) -> Hits:
        """Search all documents, whatever their source."""
        return self.base.search(queries, k)

    def search_each(self, queries: Sequence[SourceQuery], k: int) -> list[Answer]:
        """Ask all sources at once, each with one batch of its queries.

        Returns:
            For each query its hits, or the error that stands in their place.
        """
        return Asking(self.sources, queries, k, self.timeout, self._running).run()


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
