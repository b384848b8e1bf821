"""Link hop: follow the titles that the best passages mention.

The second document of a multi-hop question rarely shares words with it, but the first one names
it. So the best few documents of a base retriever hand a share of their score to the documents
whose titles stand in them:

    score(j) = max(s(j), s(j) + weight * s(d))    for each of the best `follow` documents d

It needs no model and no second search, only the links, which are found once. It gains nothing
where a question names all that it needs, and less where links are dense (the whole of Wikipedia)
than in a small corpus.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ..core import Document
from ..errors import DataError
from ..files import fingerprint
from .base import Hits, Immutable, Retriever, check_k, check_number, check_queries, check_whole
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
from .links import Links
from .saved import Manifest, open_folder, save_folder

Row = list[tuple[Document, float, dict[str, float]]]


class LinkHopRetriever(Immutable):
    """Ranks documents by a base retriever, and those that its best hits mention after them.

    Args:
        documents: What to search; if empty, the base's own.
        base: The retriever to start from.
        weight: The share of its score that a document hands on, from 0.
        follow: How many of the best documents hand theirs on.
        depth: How many documents are asked of the base; those below have a score of 0.
        most_mentions: A title that more documents mention than these is not followed.

    Raises:
        ConfigError: If a parameter is out of its range.
        DataError: If there are no documents.

    >>> vel = Document("a", "Vel", "A film by Ada Orm.")
    >>> ada, bob = Document("b", "Ada Orm", "Born in Tessa."), Document("c", "Bob", "Born there.")
    >>> LinkHopRetriever([vel, ada, bob]).search(["Who made the film Vel?"], k=3).ids
    [['a', 'b']]
    """

    def __init__(
        self,
        documents: Iterable[Document],
        *,
        base: Spec = "bm25",
        weight: float = 0.7,
        follow: int = 2,
        depth: int = 1000,
        most_mentions: int = 50,
    ) -> None:
        settings = _Settings(weight, follow, depth, most_mentions)
        settings.check()
        corpus = Corpus.of(documents)
        made = make_child(base, corpus)
        corpus = corpus or Corpus(held_by(made))
        if not corpus:
            raise DataError("There are no documents to link. Give the documents of the base.")
        ordered = corpus.by_rank()
        links = Links.between(ordered, most_mentions)
        self._set(made, ordered, links, settings)

    def _set(
        self, base: Retriever, documents: Sequence[Document], links: Links, settings: _Settings
    ) -> None:
        self.base = base
        """The retriever that was started from."""
        self.documents = documents
        """What is searched, in the order of the ids."""
        self.links = links
        """Which documents mention which, by their positions in `documents`."""
        self._settings = settings
        parts = ["link_hop", base.fingerprint, settings]
        held = held_by(base)
        if held is not documents and Corpus(held).fingerprint != Corpus(documents).fingerprint:
            parts.append(Corpus(documents).fingerprint)
        self.fingerprint = fingerprint(parts)

    def search(self, queries: Sequence[str], k: int) -> Hits:
        """Return up to `k` hits for each query, with the base's score and what links added."""
        check_k(k)
        check_queries(queries)
        found = ask(self.base, "base", queries, max(int(k), self._settings.depth))
        rows = [self._row(row)[: int(k)] for row in found]
        return Hits(
            [[document for document, _, _ in row] for row in rows],
            [[score for _, score, _ in row] for row in rows],
            [[parts for _, _, parts in row] for row in rows],
        )

    def _row(self, found: Sequence[tuple[Document, float]]) -> Row:
        documents = {document.id: document for document, _ in found}
        own = {document.id: score for document, score in found}
        gains: dict[str, float] = {}
        for document, score in found[: self._settings.follow]:
            for target in self._linked(document) if score > 0 else ():
                documents.setdefault(target.id, target)
                gain = self._settings.weight * score
                gains[target.id] = max(gain, gains.get(target.id, 0.0))
        return _ranked(documents, own, gains)

    def _linked(self, document: Document) -> list[Document]:
        ids = self.documents
        position = bisect_left(ids, document.id, key=lambda other: other.id)
        if position == len(ids) or ids[position].id != document.id:
            return []  # the base searches more than was linked
        return [ids[target] for target in self.links[position]]

    def save(self, folder: str | Path) -> None:
        """Write the links and the base's index into a folder, replacing an older index there.

        Raises:
            ConfigError: If the base has no `save`.
            DataError: If the folder holds something else.
        """
        settings = asdict(self._settings)
        manifest = Manifest("link_hop", self.fingerprint, len(self.documents), settings)
        save_folder(folder, manifest, self._write)

    def _write(self, folder: Path) -> None:
        save_base(folder, self.base, self.documents)
        self.links.save(folder)

    @classmethod
    def load(cls, folder: str | Path) -> LinkHopRetriever:
        """Open what `save` wrote; links and documents stay on disk and are mapped.

        Raises:
            DataError: If the folder is damaged or holds something else.
        """
        manifest, data = open_folder(folder, "link_hop")
        base, documents = load_base(data)
        self = cls.__new__(cls)
        links = Links.load(data, len(documents))
        self._set(base, documents, links, read_settings(manifest, _Settings, folder))
        check_restored(self, manifest, folder)
        return self

    def __repr__(self) -> str:
        return f"LinkHopRetriever({self.base!r}, {len(self.links)} links, {self.fingerprint})"


@dataclass(frozen=True, slots=True)
class _Settings:
    weight: float
    follow: int
    depth: int
    most_mentions: int

    def check(self) -> None:
        check_number("weight", self.weight, example=0.7)
        check_whole("follow", self.follow)
        check_whole("depth", self.depth)
        check_whole("most_mentions", self.most_mentions)


def _ranked(documents: dict[str, Document], own: dict[str, float], gains: dict[str, float]) -> Row:
    lowest = min(0.0, *own.values()) if own else 0.0  # a base may count below 0
    row: Row = []
    for id, document in documents.items():
        parts = {"base": own[id]} if id in own else {}
        if id in gains:
            parts["links"] = gains[id]
        row.append((document, own.get(id, lowest) + gains.get(id, 0.0), parts))
    return sorted(row, key=lambda hit: (-hit[1], hit[0].id))
