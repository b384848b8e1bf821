"""Reranking: what one retriever finds, put in order by a closer look.

A retriever over many documents looks at each of them briefly. A reranker reads query and document
together: too slow for a corpus, but not for the best fifty. Every hit keeps where it stood before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ..core import Document
from ..errors import ConfigError, DataError
from ..files import fingerprint
from .base import Hits, Immutable, Retriever, check_k, check_queries, check_whole
from .children import (
    Spec,
    ask,
    check_restored,
    held_by,
    load_children,
    make_child,
    read_settings,
    save_children,
)
from .corpus import Corpus
from .encoders.models import is_model
from .foreign import check_foreign
from .options import split_options
from .rerankers import RERANKERS, Reranker, make_reranker
from .rerankers.base import scored
from .saved import Manifest, open_folder, save_folder


class RerankRetriever(Immutable):
    """Finds with one retriever and ranks what it found with a reranker.

    Args:
        documents: What to search.
        base: What finds: a spec of a retriever, or one.
        reranker: What ranks: a spec of a reranker, or one.
        depth: How many hits of the base are looked at; there are never more hits than these.

    The `components` of a hit are its `base` score and `before`, its rank from 1 at the base; its
    place in the row is its rank after.

    Raises:
        ConfigError: If the depth, base or reranker is none that can be used.

    >>> ada = Document("a", "Ada Lovelace", "She wrote the first program. Program, program.")
    >>> bob = Document("b", "Bob", "The program of the first concert.")
    >>> hits = RerankRetriever([ada, bob]).search(["program of the concert"], k=2)
    >>> hits.ids, [part["before"] for part in hits.components[0]]
    ([['b', 'a']], [1, 2])
    """

    def __init__(
        self,
        documents: Iterable[Document],
        *,
        base: Spec = "bm25",
        reranker: str | Path | Reranker = "lexical",
        depth: int = 50,
    ) -> None:
        check_whole("depth", depth)  # before an index is built
        spec = str(reranker) if isinstance(reranker, str | Path) else None
        made = make_child(base, Corpus.of(documents))
        self._set(made, make_reranker(reranker), _Settings(spec, int(depth)))

    def _set(self, base: Retriever, reranker: Reranker, settings: _Settings) -> None:
        self.base = base
        """What finds."""
        self.reranker = reranker
        """What ranks."""
        self.documents = held_by(base)
        """What is searched, in the order of the ids; empty if the base does not show it."""
        self._settings = settings
        self.fingerprint = fingerprint(
            ["rerank", base.fingerprint, reranker.fingerprint, settings.depth]
        )

    def search(self, queries: Sequence[str], k: int) -> Hits:
        """Return up to `k` of the base's best `depth` hits for each query, reranked.

        Raises:
            RetrievalError: If the base or the reranker fails.
        """
        check_k(k)
        check_queries(queries)
        asked = list(dict.fromkeys(queries))
        found = ask(self.base, "base", asked, self._settings.depth)
        ranked = {
            query: _ranked(self.reranker, query, row)[: int(k)]
            for query, row in zip(asked, found, strict=True)
        }
        rows = [ranked[query] for query in queries]
        return Hits(
            [[hit.document for hit in row] for row in rows],
            [[hit.score for hit in row] for row in rows],
            [[{"base": hit.base, "before": hit.before} for hit in row] for row in rows],
        )

    def save(self, folder: str | Path) -> None:
        """Write the base's index into a folder, with the name of the reranker.

        Raises:
            ConfigError: If the base has no `save`, or the reranker is neither registered nor a
                model: a folder cannot hold it, and must not choose what code runs.
            DataError: If the folder holds something else.
        """
        if not _has_name(self._settings.reranker):
            raise ConfigError(
                f"The reranker {self.reranker!r:.80} has no registered name, so no folder can hold "
                "it. Register it (RERANKERS.register), give a model's folder, or save the base."
            )
        settings = asdict(self._settings)
        manifest = Manifest("rerank", self.fingerprint, len(self.documents), settings)
        save_folder(folder, manifest, lambda data: save_children(data, {"base": self.base}))

    @classmethod
    def load(cls, folder: str | Path) -> RerankRetriever:
        """Open what `save` wrote.

        Raises:
            DataError: If the folder is damaged, or the reranker is not the one it was saved with.
        """
        manifest, data = open_folder(folder, "rerank")
        settings = read_settings(manifest, _Settings, folder)
        self = cls.__new__(cls)
        base = load_children(data, ["base"])["base"]
        self._set(base, _named_reranker(settings, folder), settings)
        check_restored(self, manifest, folder)
        return self

    def __repr__(self) -> str:
        return f"RerankRetriever({self.base!r}, {self.reranker!r}, {self.fingerprint})"


@dataclass(frozen=True, slots=True)
class _Settings:
    reranker: str | None
    depth: int

    def check(self) -> None:
        check_whole("depth", self.depth)


@dataclass(frozen=True, slots=True)
class _Ranked:
    document: Document
    score: float
    before: int
    base: float


def _ranked(reranker: Reranker, query: str, row: Sequence[tuple[Document, float]]) -> list[_Ranked]:
    """Rank a query's hits.

    A model's last digits depend on what is in its batch, so that each query is a batch of its own:
    it is answered the same whatever stands beside it.
    """
    scores = scored(reranker, [(query, document) for document, _ in row])
    hits = [
        _Ranked(document, score, before, base)
        for before, ((document, base), score) in enumerate(zip(row, scores, strict=True), 1)
    ]
    return sorted(hits, key=lambda hit: (-hit.score, hit.document.id))


def _has_name(reranker: str | None) -> bool:
    name = split_options(reranker or "")[0]
    return name in RERANKERS or is_model(name)


def _named_reranker(settings: _Settings, folder: str | Path) -> Reranker:
    if settings.reranker is None or not _has_name(settings.reranker):
        raise DataError(
            f"{folder}: its settings are damaged, or name a reranker that is not registered "
            f"here: {settings.reranker!r:.100}. Register it before."
        )
    check_foreign(settings.reranker, folder)  # its options may name more
    return make_reranker(settings.reranker)
