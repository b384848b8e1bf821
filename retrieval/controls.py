"""Retrievers for controls: what does an agent reach when searching brings nothing, or anything?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

from ..core import Document
from ..errors import DataError
from ..files import fingerprint
from ..seeding import rng_for
from .base import Hits, check_k, check_queries, check_whole
from .corpus import Corpus


class EmptyRetriever:
    """Finds nothing, whatever is asked. The baseline that a search must beat.

    Args:
        documents: Taken, as every retriever's are, and ignored.

    >>> EmptyRetriever().search(["anything"], k=3).ids
    [[]]
    """

    fingerprint = "empty"

    def __init__(self, documents: Iterable[Document] = ()) -> None: ...

    def search(self, queries: Sequence[str], k: int) -> Hits:
        """Return an empty row for each query."""
        check_k(k)
        check_queries(queries)
        return Hits([()] * len(queries), [()] * len(queries))

    def __repr__(self) -> str:
        return "EmptyRetriever()"


class RandomRetriever:
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

    def __init__(self, documents: Iterable[Document], *, seed: int = 0) -> None:
        check_whole("seed", seed, least=0)
        corpus = Corpus.of(documents)
        if not corpus:
            raise DataError('There are no documents to draw from. Give some, or retriever="empty".')
        self.documents: Sequence[Document] = corpus.by_rank()
        """What is drawn from, in the order of the ids."""
        self.fingerprint = fingerprint(["random", corpus.fingerprint, int(seed)])
        self._seed = int(seed)

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
        steps = rng_for(self._seed, "random", name).random(drawn)
        places: dict[int, int] = {}
        for here, step in enumerate(steps.tolist()):
            there = here + int(step * (size - here))
            places[here], places[there] = places.get(there, there), places.get(here, here)
        return [places[position] for position in range(drawn)]

    def __repr__(self) -> str:
        return f"RandomRetriever({len(self.documents)} documents, seed={self._seed})"
