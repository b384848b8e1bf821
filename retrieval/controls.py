"""Retrievers for controls: what does an agent reach when searching brings nothing?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..core import Document
from .base import Hits, check_k, check_queries


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
