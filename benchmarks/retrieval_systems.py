"""The retrievers that are compared, each by a name, and by the spec with which a user gets it.

Dense vectors are computed once and kept in a folder, so that every retriever that needs them, and
the next run, finds them there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ..core import Document
from ..retrieval.base import Hits, Retriever
from ..retrieval.bm25 import BM25Retriever
from ..retrieval.corpus import Corpus
from ..retrieval.dense import DenseRetriever
from ..retrieval.encoders import CachedEncoder, make_encoder
from ..retrieval.hybrid import HybridRetriever
from ..retrieval.link_hop import LinkHopRetriever
from ..retrieval.tfidf import TfidfRetriever
from .retrieval_progress import Work

AT_ONCE = 256
"""How many passages are encoded between two moves of the bar, and kept together."""

WEIGHTS = {"bm25": 0.6, "dense": 0.4}
"""Hybrid's weights, as `retrieval_tuning` chose them."""


DEPTH = 1000
"""How many hits are remembered: as many as link hop asks for."""


class Remembered:
    """Asks a retriever each query once, and deep enough for all that build on it.

    Args:
        retriever: What to ask; its first hits must not depend on how many are asked for.
        depth: How many hits to keep.
    """

    def __init__(self, retriever: Retriever, depth: int = DEPTH) -> None:
        self.fingerprint = retriever.fingerprint
        self._retriever = retriever
        self._depth = depth
        self._rows: dict[str, list[tuple[Document, float]]] = {}

    def search(self, queries: Sequence[str], k: int) -> Hits:
        """Return up to `k` hits for each query."""
        if k > self._depth:
            return self._retriever.search(queries, k)
        if new := [query for query in dict.fromkeys(queries) if query not in self._rows]:
            found = self._retriever.search(new, self._depth)
            self._rows.update(zip(new, found.rows, strict=True))
        rows = [self._rows[query][:k] for query in queries]
        return Hits([[d for d, _ in row] for row in rows], [[s for _, s in row] for row in rows])


class Shelf:
    """Makes retrievers over one corpus, each once.

    Args:
        documents: What they search.
        encoder: What makes vectors.
        cache: The folder of vectors.
        work: Where encoding shows how far it is.
    """

    def __init__(
        self, documents: Corpus, encoder: str, cache: Path, work: Work | None = None
    ) -> None:
        self.documents = documents
        self._vectors = (encoder, cache, work)

    @cached_property
    def bm25(self) -> Retriever:
        """The default BM25."""
        return BM25Retriever(self.documents)

    @cached_property
    def dense(self) -> Retriever:
        """The encoder's exact ranking."""
        return Remembered(make_dense(self.documents, *self._vectors))

    @cached_property
    def hybrid(self) -> Retriever:
        """Both, fused."""
        children = {"bm25": self.bm25, "dense": self.dense}
        return HybridRetriever(self.documents, children=children, weights=WEIGHTS)


@dataclass(frozen=True, slots=True)
class System:
    """A retriever to compare."""

    spec: str
    """What `make_retriever` makes it of, but for the folder of vectors."""
    make: Callable[[Shelf], Retriever]


SYSTEMS: Mapping[str, System] = {
    "BM25, Elasticsearch's": System(
        "bm25?k1=1.2&b=0.75&analyzer=standard",
        lambda shelf: BM25Retriever(shelf.documents, k1=1.2, b=0.75, analyzer="standard"),
    ),
    "BM25": System("bm25", lambda shelf: shelf.bm25),
    "TF-IDF": System("tfidf", lambda shelf: TfidfRetriever(shelf.documents)),
    "dense": System("dense", lambda shelf: shelf.dense),
    "hybrid": System("hybrid?weights=[0.6,0.4]", lambda shelf: shelf.hybrid),
    "link hop on BM25": System(
        "link_hop", lambda shelf: LinkHopRetriever(shelf.documents, base=shelf.bm25)
    ),
    "link hop on hybrid": System(
        "link_hop?base=hybrid%3Fweights%3D[0.6,0.4]",
        lambda shelf: LinkHopRetriever(shelf.documents, base=shelf.hybrid),
    ),
}
"""What is compared, in the order of the table."""

REFERENCE = "BM25"
"""The system that the others are compared with."""


def make_dense(
    documents: Corpus, encoder: str, cache: Path, work: Work | None = None
) -> DenseRetriever:
    """Return an exact dense retriever, encoding what the cache lacks.

    Raises:
        MissingExtraError: If the encoder's packages are missing.
    """
    cached = CachedEncoder(make_encoder(encoder), cache)
    ordered = documents.by_rank()
    batches = [ordered[start : start + AT_ONCE] for start in range(0, len(ordered), AT_ONCE)]
    label = f"encoding {AT_ONCE} passages with {encoder}"
    for batch in (work or Work()).counted(label, batches, len(batches)):
        cached.encode_documents(batch)
    return DenseRetriever(documents, encoder=cached)
