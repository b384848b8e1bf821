"""Several collections, each with a retriever of its own: General, News, Academy, or any names.

The documents are split by their `source`. A query is put to one source (`search_sources`) or to
all of them (`search`). Each query's rows stay its own, in the order of the queries, and a source
that fails fails the search: it is never left out in silence. What a source answers does not
depend on the others.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ..core import Document
from ..errors import ConfigError, DataError, unknown_name
from ..files import fingerprint
from .base import Hits, Immutable, Retriever, check_k, check_queries
from .children import (
    Spec,
    ask,
    check_restored,
    check_same,
    load_children,
    make_child,
    read_settings,
    save_children,
)
from .corpus import Corpus
from .fusion import Fused, scale_for
from .saved import Manifest, open_folder, save_folder

RAW = "raw"
"""To merge by the scores as they are, which suits sources that are searched alike."""


class MultiSourceRetriever(Immutable):
    """Searches the documents of one source, or of all.

    Args:
        documents: What to search; each belongs to its `source`.
        base: The retriever of a source that `sources` does not name.
        sources: Source to its retriever, as specs or retrievers. A retriever that is given ready
            made (a web search) may serve a source that no document belongs to.
        merge: How `search` ranks the hits of different sources: `"raw"`, or a way to fuse, as
            `"rrf"`. If None, by raw scores where all sources are searched alike, and else by
            rank, since their scores cannot be compared.

    Raises:
        ConfigError: If a parameter is none that can be used.
        DataError: If there are neither documents nor sources.

    >>> ada = Document("a", "Ada", "A mathematician.", source="Academy")
    >>> bob = Document("b", "Bob", "Met a mathematician today.", source="News")
    >>> retriever = MultiSourceRetriever([ada, bob])
    >>> retriever.search_sources(["mathematician"] * 2, ["News", "Academy"], k=3).ids
    [['b'], ['a']]
    """

    def __init__(
        self,
        documents: Iterable[Document],
        *,
        base: Spec = "bm25",
        sources: Mapping[str, Spec] | None = None,
        merge: str | None = None,
    ) -> None:
        scale_for(RAW if merge is None else merge)
        parts = _split(Corpus.of(documents))
        specs = _specs(sources, base, parts)
        made = {name: _made(name, spec, parts) for name, spec in specs.items()}
        self._set(made, _Settings(list(made), _merge(specs) if merge is None else merge))

    def _set(self, sources: dict[str, Retriever], settings: _Settings) -> None:
        self.sources: Mapping[str, Retriever] = sources
        """The retriever of each source, by name."""
        self._settings = settings
        parts = [[name, source.fingerprint] for name, source in sources.items()]
        self.fingerprint = fingerprint(["multi_source", parts, settings.merge])

    def search(self, queries: Sequence[str], k: int) -> Hits:
        """Return up to `k` hits for each query from all sources together."""
        return self.search_sources(queries, [None] * len(queries), k)

    def search_sources(self, queries: Sequence[str], sources: Sequence[str | None], k: int) -> Hits:
        """Return up to `k` hits for each query from the source chosen for it.

        Args:
            queries: The queries.
            sources: The source of each, or None for all of them.
            k: How many hits.

        Raises:
            UnknownNameError: If there is no such source; the message names the nearest.
            RetrievalError: If a source cannot answer, or two have different documents of one id.
        """
        check_k(k)
        check_queries(queries)
        self._check_sources(queries, sources)
        found: list[dict[str, list[tuple[Document, float]]]] = [{} for _ in queries]
        for name, source in self.sources.items():
            asked = [n for n, chosen in enumerate(sources) if chosen in (name, None)]
            hits = ask(source, name, [queries[n] for n in asked], int(k))
            for n, row in zip(asked, hits, strict=True):
                found[n][name] = row
        rows = [self._merged(parts)[: int(k)] for parts in found]
        return Hits(
            [[document for document, _ in row] for row in rows],
            [[fused.score for _, fused in row] for row in rows],
            [[fused.components for _, fused in row] for row in rows],
        )

    def _merged(
        self, found: Mapping[str, list[tuple[Document, float]]]
    ) -> list[tuple[Document, Fused]]:
        """Rank the hits of all sources; one that several found counts as its best of them does.

        Fusing would add up what each ranking says of a document, but sources share none: what the
        others count for an absent one would shift a whole source against the rest.
        """
        scale = scale_for(RAW if len(found) == 1 else self._settings.merge)
        documents: dict[str, Document] = {}
        scores: dict[str, float] = {}
        components: dict[str, dict[str, float]] = {}
        for name, part in found.items():
            scaled = scale([(document.id, score) for document, score in part]).scores
            for document, score in part:
                id = document.id
                check_same(documents.setdefault(id, document), document, name)
                scores[id] = max(scaled[id], scores.get(id, -math.inf))
                components.setdefault(id, {})[name] = score
        ranked = sorted(scores, key=lambda id: (-scores[id], id))
        return [(documents[id], Fused(id, scores[id], components[id])) for id in ranked]

    def _check_sources(self, queries: Sequence[str], sources: Sequence[str | None]) -> None:
        if isinstance(sources, str) or len(sources) != len(queries):
            raise ConfigError(
                f"sources is {sources!r:.100} for {len(queries)} queries; give one for each, "
                "or None for all sources."
            )
        for source in sources:
            if source is not None and source not in self.sources:
                raise unknown_name("source", str(source), self.sources, "retriever.sources")

    def save(self, folder: str | Path) -> None:
        """Write the index of each source into one folder, replacing an older index there.

        Raises:
            ConfigError: If a source's retriever has no `save`.
            DataError: If the folder holds something else.
        """
        documents = sum(len(getattr(source, "documents", ())) for source in self.sources.values())
        manifest = Manifest("multi_source", self.fingerprint, documents, asdict(self._settings))
        save_folder(folder, manifest, lambda data: save_children(data, self.sources))

    @classmethod
    def load(cls, folder: str | Path) -> MultiSourceRetriever:
        """Open what `save` wrote.

        Raises:
            DataError: If the folder or a source's is damaged, or holds something else.
        """
        manifest, data = open_folder(folder, "multi_source")
        settings = read_settings(manifest, _Settings, folder)
        self = cls.__new__(cls)
        self._set(load_children(data, settings.sources), settings)
        check_restored(self, manifest, folder)
        return self

    def __repr__(self) -> str:
        return f"MultiSourceRetriever({', '.join(self.sources)}; {self.fingerprint})"


@dataclass(frozen=True, slots=True)
class _Settings:
    sources: list[str]
    merge: str

    def check(self) -> None:
        scale_for(self.merge)


def _split(corpus: Corpus) -> dict[str, Corpus]:
    parts: dict[str, list[Document]] = {}
    for document in corpus:
        parts.setdefault(document.source, []).append(document)
    return {source: Corpus(part) for source, part in parts.items()}


def _specs(
    sources: Mapping[str, Spec] | None, base: Spec, parts: Mapping[str, Corpus]
) -> dict[str, Spec]:
    if sources is not None and not isinstance(sources, Mapping):
        raise ConfigError(
            f'sources is {sources!r:.100}; give a mapping, as {{"News": "bm25", "Web": retriever}}.'
        )
    specs = dict(sources or {})
    rest = [source for source in parts if source not in specs]
    if len(rest) > 1 and not isinstance(base, str):
        raise ConfigError(
            f"base is ready made, so the sources {', '.join(map(repr, sorted(rest)))} would all "
            "answer with the same hits. Give a name, as 'bm25', or each source its own."
        )
    specs.update(dict.fromkeys(rest, base))
    if not specs:
        raise DataError("There are no documents and no sources. Give some of either.")
    return dict(sorted(specs.items()))


def _made(name: str, spec: Spec, parts: Mapping[str, Corpus]) -> Retriever:
    try:
        return make_child(spec, parts.get(name, Corpus(())))
    except DataError as error:
        known = ", ".join(sorted(parts)) or "none"
        raise DataError(f"Source {name!r} (the documents have: {known}): {error}") from error


def _merge(specs: Mapping[str, Spec]) -> str:
    first, *others = specs.values()
    return RAW if all(spec is first or spec == first for spec in others) else "rrf"
