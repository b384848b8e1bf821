"""What does hopgym's dense retriever add to the time of bare FAISS?

Both sides get the same vectors and look for the same queries, alone and in a batch; ours also
turns positions into documents and settles ties. The encoder is a table, so that only the search is
timed. Each round times one side right after the other, so that a busy machine slows both; the
ratio is the median over the rounds.

    python -m hopgym.benchmarks.speed.dense [DOCUMENTS] [KIND ...]
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from ...core import Document
from ...errors import require
from ...retrieval.dense import DenseRetriever
from ...retrieval.encoders import Vectors
from ...retrieval.faiss_index import INDEX
from ...retrieval.vectors import VECTORS
from ...seeding import rng_for

DOCUMENTS = 100_000
DIM = 384
KINDS = ("flat", "hnsw")
K = 10
QUERIES = 256
ALONE = 32
"""How many of the queries are also asked one at a time."""
ROUNDS = 9


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds per query with one kind of index."""

    kind: str
    build: float
    """Seconds to index the vectors, our own documents included."""
    bare: float
    """FAISS, all queries at once."""
    batched: float
    """`DenseRetriever.search` of all queries at once."""
    bare_single: float
    single: float
    batched_ratio: float
    single_ratio: float
    same: float
    """The share of queries for which both find the same documents."""


class TableEncoder:
    """Looks vectors up: the text of a document or query is the number of its row.

    Args:
        documents: The documents' vectors.
        queries: The queries' vectors.
    """

    settings: Mapping[str, Any] = {"encoder": "table"}
    fingerprint = "table"

    def __init__(self, documents: Vectors, queries: Vectors) -> None:
        self.documents, self.queries = documents, queries
        self.dim = documents.shape[1]

    def encode_queries(self, queries: Sequence[str]) -> Vectors:
        """Return the queries' rows."""
        return self.queries[[int(query) for query in queries]]

    def encode_documents(self, documents: Sequence[Document]) -> Vectors:
        """Return the documents' rows."""
        return self.documents[[int(document.text) for document in documents]]


def measure(
    kind: str,
    documents: int = DOCUMENTS,
    dim: int = DIM,
    queries: int = QUERIES,
    rounds: int = ROUNDS,
) -> Timing:
    """Time both sides on made-up vectors of length 1."""
    encoder = TableEncoder(
        make_vectors("documents", documents, dim), make_vectors("q", queries, dim)
    )
    corpus = [Document(f"{n:08}", "", str(n)) for n in range(documents)]
    start = time.perf_counter()
    ours = DenseRetriever(corpus, encoder=encoder, index=kind)
    build = time.perf_counter() - start
    bare = bare_index(ours, dim)
    asked, vectors = [str(n) for n in range(queries)], encoder.queries
    alone = min(ALONE, queries)
    sides: list[tuple[int, Callable[[], Any]]] = [
        (queries, lambda: bare.search(vectors, K)),
        (queries, lambda: ours.search(asked, K)),
        (alone, lambda: [bare.search(vectors[n : n + 1], K) for n in range(alone)]),
        (alone, lambda: [ours.search(asked[n : n + 1], K) for n in range(alone)]),
    ]
    times = [[_seconds(side) / count for count, side in sides] for _ in range(rounds + 1)][1:]
    medians = [statistics.median(column) * 1000 for column in zip(*times, strict=True)]
    ratios = [statistics.median(row[side + 1] / row[side] for row in times) for side in (0, 2)]
    found = [[int(id) for id in row] for row in ours.search(asked, K).ids]
    same = np.mean(
        [set(a) == set(b) for a, b in zip(found, bare.search(vectors, K)[1], strict=True)]
    )
    return Timing(kind, build, *medians, *ratios, float(same))


def make_vectors(name: str, count: int, dim: int) -> Vectors:
    """Draw vectors of length 1 around a thousand centres, always the same ones."""
    centres = rng_for(0, "speed", "centres").normal(size=(1000, dim))
    rng = rng_for(0, "speed", name)
    vectors = rng.normal(size=(count, dim)).astype(np.float32)
    vectors += centres[rng.integers(1000, size=count)].astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def bare_index(ours: DenseRetriever, dim: int) -> Any:
    """Return FAISS's own index of the same vectors: for a graph, the very same graph."""
    faiss = require("faiss", "dense")
    with TemporaryDirectory() as folder:
        ours.save(folder)
        (data,) = Path(folder).glob("data-*")
        if (data / INDEX).is_file():
            return faiss.read_index(str(data / INDEX))
        index = faiss.IndexFlatIP(dim)
        index.add(np.load(data / VECTORS, allow_pickle=False))
        return index


def show(timings: Sequence[Timing], documents: int = DOCUMENTS) -> Table:
    """Lay the timings out as a table."""
    table = Table(title=f"{documents:,} vectors, best {K}, milliseconds per query")
    names = ["index", "build s", "FAISS batched", "hopgym", "ratio"]
    for name in [*names, "FAISS one by one", "hopgym", "ratio", "same hits"]:
        table.add_column(name, justify="right")
    for row in timings:
        table.add_row(
            row.kind,
            f"{row.build:.1f}",
            *(f"{ms:.3f}" for ms in (row.bare, row.batched)),
            f"{row.batched_ratio:.3f}",
            *(f"{ms:.3f}" for ms in (row.bare_single, row.single)),
            f"{row.single_ratio:.3f}",
            f"{row.same:.1%}",
        )
    return table


def _seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Measure the number of documents and the kinds named on the command line, or the usual."""
    documents = int(sys.argv[1]) if len(sys.argv) > 1 else DOCUMENTS
    kinds = sys.argv[2:] or KINDS
    Console().print(show([measure(kind, documents) for kind in kinds], documents))


if __name__ == "__main__":
    main()
