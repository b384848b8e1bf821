"""Hybrid ranking: what several retrievers find, fused.

Lexical and dense retrievers miss different documents. Each child is asked for its best `depth`,
their scores are brought onto one scale and added (see `fusion`), and every hit keeps what each
child gave it. Adding the raw scores instead lets whichever child counts in larger numbers decide
alone. The children may be anything that searches the same documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ..core import Document
from ..files import fingerprint
from .base import Hits, Immutable, Retriever, check_k, check_queries, check_whole
from .children import (
    Spec,
    ask,
    check_restored,
    check_same,
    held_by,
    load_children,
    make_children,
    read_settings,
    save_children,
)
from .corpus import Corpus
from .fusion import Fused, check_weights, fuse, scale_for
from .saved import Manifest, open_folder, save_folder


class HybridRetriever(Immutable):
    """Ranks documents by the fused scores of several retrievers.

    Args:
        documents: What all of them search.
        children: Specs or retrievers, or a mapping of these by names of your own.
        fusion: `"minmax"`, `"zscore"` or `"rrf"` (reciprocal rank).
        weights: A weight for each child, in their order or by name; equal if None.
        depth: How many hits of each child are fused; more if more are asked for.

    Raises:
        ConfigError: If the children, weights or depth are none that can be used.
        UnknownNameError: If there is no such child or fusion.

    >>> ada = Document("a", "Ada Lovelace", "She wrote the first program.")
    >>> bob = Document("b", "Robert Boyle", "He weighed the air.")
    >>> hits = HybridRetriever([ada, bob], children=["bm25", "tfidf"]).search(["program"], k=3)
    >>> hits.ids, sorted(hits.components[0][0])
    ([['a']], ['bm25', 'tfidf'])
    """

    def __init__(
        self,
        documents: Iterable[Document],
        *,
        children: Mapping[str, Spec] | Sequence[Spec] = ("bm25", "dense"),
        fusion: str = "minmax",
        weights: Mapping[str, float] | Sequence[float] | None = None,
        depth: int = 100,
    ) -> None:
        check_whole("depth", depth)
        scale_for(fusion)
        made = make_children(children, Corpus.of(documents))
        shares = check_weights(weights, list(made))
        self._set(made, _Settings(list(made), fusion, shares, int(depth)))

    def _set(self, children: dict[str, Retriever], settings: _Settings) -> None:
        self.children: Mapping[str, Retriever] = children
        """The retrievers, by name."""
        self.documents = next(filter(None, map(held_by, children.values())), ())
        """What is searched, in the order of the ids; empty if no child shows it."""
        self._settings = settings
        parts = [[n, child.fingerprint, settings.weights[n]] for n, child in children.items()]
        self.fingerprint = fingerprint(["hybrid", sorted(parts), settings.fusion, settings.depth])

    def search(self, queries: Sequence[str], k: int) -> Hits:
        """Return up to `k` hits for each query, with the score that each child gave them."""
        check_k(k)
        check_queries(queries)
        depth = max(int(k), self._settings.depth)
        found = {name: ask(child, name, queries, depth) for name, child in self.children.items()}
        rows = [self._row(found, query, int(k)) for query in range(len(queries))]
        return Hits(
            [[document for document, _ in row] for row in rows],
            [[fused.score for _, fused in row] for row in rows],
            [[fused.components for _, fused in row] for row in rows],
        )

    def _row(self, found: Mapping[str, Hits], query: int, k: int) -> list[tuple[Document, Fused]]:
        documents: dict[str, Document] = {}
        rankings = {}
        for name, hits in found.items():
            for document in hits.documents[query]:
                check_same(documents.setdefault(document.id, document), document, name)
            rankings[name] = [(document.id, score) for document, score in hits[query]]
        best = fuse(rankings, self._settings.fusion, self._settings.weights)[:k]
        return [(documents[fused.id], fused) for fused in best]

    def save(self, folder: str | Path) -> None:
        """Write each child's index into one folder, replacing an older index there.

        A process killed meanwhile leaves the older index as it was. Nothing is pickled.

        Raises:
            ConfigError: If a child has no `save`.
            DataError: If the folder holds something else.
        """
        settings = asdict(self._settings)
        manifest = Manifest("hybrid", self.fingerprint, len(self.documents), settings)
        save_folder(folder, manifest, lambda data: save_children(data, self.children))

    @classmethod
    def load(cls, folder: str | Path) -> HybridRetriever:
        """Open what `save` wrote.

        Raises:
            DataError: If the folder or a child's is damaged, or holds something else.
        """
        manifest, data = open_folder(folder, "hybrid")
        settings = read_settings(manifest, _Settings, folder)
        self = cls.__new__(cls)
        self._set(load_children(data, settings.children), settings)
        check_restored(self, manifest, folder)
        return self

    def __repr__(self) -> str:
        fusion = self._settings.fusion
        return f"HybridRetriever({', '.join(self.children)}; {fusion}, {self.fingerprint})"


@dataclass(frozen=True, slots=True)
class _Settings:
    children: list[str]
    fusion: str
    weights: dict[str, float]
    depth: int

    def check(self) -> None:
        scale_for(self.fusion)
        check_weights(self.weights, self.children)
        check_whole("depth", self.depth)
