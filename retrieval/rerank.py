"""Reranking: what one retriever finds, put in order by a closer look.

A retriever over many documents looks at each of them briefly. A reranker reads query and document
together: too slow for a corpus, but not for the best fifty. Every hit keeps where it stood before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ..core import Document
from ..errors import ConfigError
from ..files import fingerprint
from .base import Hits, Retriever, check_k, check_queries, check_whole
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
from .options import split_options
from .rerankers import RERANKERS, Reranker, make_reranker
from .rerankers.base import scored
from .saved import Manifest, open_folder, save_folder


class RerankRetriever:
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
        check_whole("depth", depth)
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
        found = ask(self.base, "base", queries, self._settings.depth)
        rows = zip(queries, found.documents, strict=True)
        pairs = [(query, document) for query, row in rows for document in row]
        scores = iter(scored(self.reranker, pairs))
        ranked = [
            sorted(
                (
                    _Ranked(-next(scores), document.id, document, before, base_score)
                    for before, (document, base_score) in enumerate(row, 1)
                ),
                key=lambda hit: (hit.minus, hit.id),
            )[: int(k)]
            for row in found
        ]
        return Hits(
            [[hit.document for hit in row] for row in ranked],
            [[-hit.minus for hit in row] for row in ranked],
            [[{"base": hit.base, "before": hit.before} for hit in row] for row in ranked],
        )

    def save(self, folder: str | Path) -> None:
        """Write the base's index into a folder, with the name of the reranker.

        Raises:
            ConfigError: If the base has no `save`, or the reranker was not given by name.
            DataError: If the folder holds something else.
        """
        if self._settings.reranker is None:
            raise ConfigError(
                f"The reranker {self.reranker!r:.80} was given as an object, which a folder cannot "
                'hold. Give it by name, such as "lexical" or a model\'s folder; or save the base.'
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
        check_whole("depth", settings.depth)
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


@dataclass(frozen=True, slots=True)
class _Ranked:
    minus: float
    id: str
    document: Document
    before: int
    base: float


def _named_reranker(settings: _Settings, folder: str | Path) -> Reranker:
    """Make the reranker of a saved index. A file must not choose what code runs."""
    name = split_options(settings.reranker or "")[0]
    if name not in RERANKERS and (not name or ":" in name):
        raise ConfigError(
            f"{folder}: was saved with the reranker {name!r}, which is code of your own. Open its "
            "base, and rerank it with `RerankRetriever((), base=..., reranker=...)`."
        )
    return make_reranker(settings.reranker or "")
