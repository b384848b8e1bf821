"""Recursive retrieval: search, read, and search again for what was read.

Each hop's query is written by a generator (see `generators`) from the question and the documents
so far; it stops by returning None, and a query that was asked before is never asked again. The
hops' rankings are fused, so that a document found by two of them comes first. All questions of a
batch take a hop together: one call of the base for each hop.
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
    load_base,
    make_child,
    read_settings,
    save_base,
)
from .corpus import Corpus
from .fusion import Fused, fuse, scale_for
from .generators import GENERATORS, Hop, QueryGenerator, make_generator, next_query
from .saved import Manifest, open_folder, save_folder


class RecursiveRetriever(Immutable):
    """Searches in hops, each query written from what the hops before it found.

    Args:
        documents: What to search.
        base: The retriever that is asked at each hop.
        hops: The most hops for a question.
        generator: The name of a query generator, options behind it, `module:attribute` of one's
            factory, or one.
        depth: How many hits each hop reads; more if more are asked for.
        budget: The most documents that all hops of a question may bring, or None.
        fusion: How the hops' rankings become one, by name (see `fusion`).

    Raises:
        ConfigError: If a parameter is out of its range.
        UnknownNameError: If there is no such base, generator or fusion.

    >>> vel = Document("a", "Vel", "A film by Ada Orm.")
    >>> ada, bob = Document("b", "Ada Orm", "Native of Tessa."), Document("c", "Bob", "A cook.")
    >>> retriever = RecursiveRetriever([vel, ada, bob], generator="entities")
    >>> [hop.query for hop in retriever.trace(["Who made Vel?"], k=2)[0]]
    ['Who made Vel?', 'Ada Orm Who made ?']
    """

    def __init__(
        self,
        documents: Iterable[Document],
        *,
        base: Spec = "bm25",
        hops: int = 2,
        generator: str | QueryGenerator = "titles",
        depth: int = 10,
        budget: int | None = None,
        fusion: str = "minmax",
    ) -> None:
        name = generator if isinstance(generator, str) else None
        settings = _Settings(hops, name, depth, budget, fusion)
        settings.check()
        corpus = Corpus.of(documents)
        made = make_child(base, corpus)
        held = held_by(made) or corpus.by_rank()
        self._set(made, held, make_generator(generator, held), settings)

    def _set(
        self,
        base: Retriever,
        documents: Sequence[Document],
        generator: QueryGenerator,
        settings: _Settings,
    ) -> None:
        self.base = base
        """The retriever that is asked at each hop."""
        self.documents = documents
        """What is searched, in the order of the ids."""
        self.generator = generator
        """What writes the queries."""
        self._settings = settings
        dials = [settings.hops, settings.depth, settings.budget, settings.fusion]
        self.fingerprint = fingerprint(
            ["recursive", base.fingerprint, generator.fingerprint, *dials]
        )

    def search(self, queries: Sequence[str], k: int) -> Hits:
        """Return up to `k` hits for each query, with the score that each hop gave them."""
        rows = [_fused(hops, self._settings.fusion)[: int(k)] for hops in self.trace(queries, k)]
        return Hits(
            [[document for document, _ in row] for row in rows],
            [[fused.score for _, fused in row] for row in rows],
            [[fused.components for _, fused in row] for row in rows],
        )

    def trace(self, queries: Sequence[str], k: int) -> list[list[Hop]]:
        """Return the hops of each query: what was asked, and what came."""
        check_k(k)
        check_queries(queries)
        depth = max(int(k), self._settings.depth)
        traces: list[list[Hop]] = [[] for _ in queries]
        running = dict(enumerate(queries))
        for _ in range(self._settings.hops):
            hits = ask(self.base, "base", list(running.values()), depth)
            for (n, query), row in zip(running.items(), hits, strict=True):
                traces[n].append(self._hop(query, row, traces[n]))
            following = {n: self._next(queries[n], traces[n]) for n in running}
            running = {n: query for n, query in following.items() if query is not None}
            if not running:
                break
        return traces

    def _hop(self, query: str, row: list[tuple[Document, float]], before: list[Hop]) -> Hop:
        """Take a hop's hits, leaving out new ones beyond the budget."""
        known = {document.id for hop in before for document in hop.documents}
        left = self._settings.budget
        left = len(row) if left is None else left - len(known)
        kept = []
        for document, score in row:
            new = document.id not in known
            if not new or left > 0:
                kept.append((document, score, new))
                left -= new
        documents, scores, new_ones = zip(*kept, strict=True) if kept else ((), (), ())
        return Hop(len(before) + 1, query, documents, scores, new_ones)

    def _next(self, question: str, hops: list[Hop]) -> str | None:
        brought = sum(map(sum, (hop.new for hop in hops)))
        if len(hops) == self._settings.hops or brought == self._settings.budget:
            return None
        return next_query(self.generator, question, hops)

    def save(self, folder: str | Path) -> None:
        """Write the base's index and the settings into a folder, replacing an older index there.

        Raises:
            ConfigError: If the base has no `save`, or the generator has no registered name: a
                folder cannot hold it, and must not choose what code runs.
            DataError: If the folder holds something else.
        """
        if self._settings.generator not in GENERATORS:
            raise ConfigError(
                f"The query generator {type(self.generator).__name__} has no registered name, so "
                "no folder can hold it. Register it (GENERATORS.register), its options included, "
                "or save the base."
            )
        settings = asdict(self._settings)
        manifest = Manifest("recursive", self.fingerprint, len(self.documents), settings)
        save_folder(folder, manifest, self._write)

    def _write(self, folder: Path) -> None:
        save_base(folder, self.base, self.documents)

    @classmethod
    def load(cls, folder: str | Path) -> RecursiveRetriever:
        """Open what `save` wrote.

        Raises:
            DataError: If the folder or the base's is damaged, or holds something else.
        """
        manifest, data = open_folder(folder, "recursive")
        settings = read_settings(manifest, _Settings, folder)
        if settings.generator not in GENERATORS:
            raise DataError(
                f"{folder}: its settings are damaged, or name a query generator that is not "
                f"registered here: {settings.generator!r:.100}. Register it before."
            )
        base, documents = load_base(data)
        self = cls.__new__(cls)
        self._set(base, documents, make_generator(settings.generator or "", documents), settings)
        check_restored(self, manifest, folder)
        return self

    def __repr__(self) -> str:
        return f"RecursiveRetriever({self.base!r}, {self._settings.hops} hops, {self.fingerprint})"


@dataclass(frozen=True, slots=True)
class _Settings:
    hops: int
    generator: str | None
    depth: int
    budget: int | None
    fusion: str

    def check(self) -> None:
        check_whole("hops", self.hops)
        check_whole("depth", self.depth)
        if self.budget is not None:
            check_whole("budget", self.budget)
        scale_for(self.fusion)


def _fused(hops: Sequence[Hop], fusion: str) -> list[tuple[Document, Fused]]:
    documents = {document.id: document for hop in hops for document in hop.documents}
    rankings = {
        f"hop {hop.number}": [
            (document.id, score) for document, score in zip(hop.documents, hop.scores, strict=True)
        ]
        for hop in hops
    }
    weights = dict.fromkeys(rankings, 1 / max(1, len(rankings)))
    return [(documents[one.id], one) for one in fuse(rankings, fusion, weights)]
