"""Retrievers for controls: what does an agent reach when searching brings nothing, or anything?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import ClassVar

from ..core import Document
from ..errors import DataError
from ..files import fingerprint
from ..seeding import rng_for
from .base import Hits, Immutable, check_k, check_queries, check_whole
from .children import check_restored, read_settings
from .corpus import Corpus
from .saved import Manifest, open_folder, save_folder
from .store import StoredDocuments, store_documents


class EmptyRetriever(Immutable):
    """Finds nothing, whatever is asked. The baseline that a search must beat.

    Args:
        documents: Taken, as every retriever's are, and ignored.

    >>> EmptyRetriever().search(["anything"], k=3).ids
    [[]]
    """

    fingerprint = "empty"
    in_process: ClassVar[bool] = True

    def __init__(self, documents: Iterable[Document] = ()) -> None: ...

    def search(self, queries: Sequence[str], k: int) -> Hits:
        """Return an empty row for each query."""
        check_k(k)
        check_queries(queries)
        return Hits([()] * len(queries), [()] * len(queries))

    def save(self, folder: str | Path) -> None:
        """Write into a folder that nothing is found, as a part of others that are saved."""
        save_folder(folder, Manifest("empty", self.fingerprint, 0, {}), lambda data: None)

    @classmethod
    def load(cls, folder: str | Path) -> EmptyRetriever:
        """Open what `save` wrote.

        Raises:
            DataError: If the folder holds something else.
        """
        open_folder(folder, "empty")
        return cls()

    def __repr__(self) -> str:
        return "EmptyRetriever()"


class RandomRetriever(Immutable):
    """Finds documents by chance: what is worth having documents, if not the right ones?

    The draw depends on the seed and the query alone, so that the same query brings the same hits
    in every process. A blank query finds nothing, as everywhere.

    Args:
        documents: What to draw from.
        seed: Another seed, other hits.

    Raises:
        ConfigError: If the seed is no whole number from 0.
        DataError: If there are no documents.

    >>> documents = [Document(id, id, "") for id in "abcdefgh"]
    >>> random = RandomRetriever(documents, seed=1)
    >>> random.search(["Ada"], k=2) == random.search(["Ada"], k=2) != random.search(["Bob"], k=2)
    True
    """

    in_process: ClassVar[bool] = True

    def __init__(self, documents: Iterable[Document], *, seed: int = 0) -> None:
        check_whole("seed", seed, least=0)
        corpus = Corpus.of(documents)
        if not corpus:
            raise DataError('There are no documents to draw from. Give some, or retriever="empty".')
        self._set(corpus.by_rank(), _Settings(int(seed), corpus.fingerprint))

    def _set(self, documents: Sequence[Document], settings: _Settings) -> None:
        self.documents = documents
        """What is drawn from, in the order of the ids."""
        self._settings = settings
        self.fingerprint = fingerprint(["random", settings.corpus, settings.seed])

    def search(self, queries: Sequence[str], k: int) -> Hits:
        """Return `k` hits for each query, or all there are."""
        check_k(k)
        check_queries(queries)
        rows = [self._draw(query, int(k)) if query.strip() else [] for query in queries]
        size = len(self.documents)
        return Hits(
            [[self.documents[position] for position in row] for row in rows],
            [[1 - rank / size for rank in range(len(row))] for row in rows],
        )

    def _draw(self, query: str, k: int) -> list[int]:
        """Shuffle as far as is asked for, so that fewer hits are the beginning of more."""
        size = len(self.documents)
        drawn = min(k, size)
        name = sha256(query.encode("utf-8", "surrogatepass")).hexdigest()
        steps = rng_for(self._settings.seed, "random", name).random(drawn)
        places: dict[int, int] = {}
        for here, step in enumerate(steps.tolist()):
            there = here + int(step * (size - here))
            places[here], places[there] = places.get(there, there), places.get(here, here)
        return [places[position] for position in range(drawn)]

    def save(self, folder: str | Path) -> None:
        """Write the documents and the seed into a folder.

        Raises:
            DataError: If the folder holds something else.
        """
        settings = asdict(self._settings)
        manifest = Manifest("random", self.fingerprint, len(self.documents), settings)
        save_folder(folder, manifest, lambda data: store_documents(data, self.documents))

    @classmethod
    def load(cls, folder: str | Path) -> RandomRetriever:
        """Open what `save` wrote.

        Raises:
            DataError: If the folder is damaged or holds something else.
        """
        manifest, data = open_folder(folder, "random")
        self = cls.__new__(cls)
        self._set(StoredDocuments(data), read_settings(manifest, _Settings, folder))
        check_restored(self, manifest, folder)
        return self

    def __repr__(self) -> str:
        return f"RandomRetriever({len(self.documents)} documents, seed={self._settings.seed})"


@dataclass(frozen=True, slots=True)
class _Settings:
    seed: int
    corpus: str

    def check(self) -> None:
        check_whole("seed", self.seed, least=0)
