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
    built = DenseRetriever(corpus, encoder=encoder, index=kind)
    build = time.perf_counter() - start
    ours, bare = both_sides(built, encoder)
    sides = _sides(ours, bare, encoder.queries)
    times = [[_seconds(side) / count for count, side in sides] for _ in range(rounds + 1)][1:]
    bare_batched, batched, bare_single, single = (
        statistics.median(column) * 1000 for column in zip(*times, strict=True)
    )
    batched_ratio, single_ratio = (
        statistics.median(row[side + 1] / row[side] for row in times) for side in (0, 2)
    )
    return Timing(
        kind,
        build,
        bare_batched,
        batched,
        bare_single,
        single,
        batched_ratio,
        single_ratio,
        _agreement(ours, bare, encoder.queries),
    )


def make_vectors(name: str, count: int, dim: int) -> Vectors:
    """Draw vectors of length 1 around a thousand centres, always the same ones."""
    centres = rng_for(0, "speed", "centres").normal(size=(1000, dim))
    rng = rng_for(0, "speed", name)
    vectors = rng.normal(size=(count, dim)).astype(np.float32)
    vectors += centres[rng.integers(1000, size=count)].astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def both_sides(built: DenseRetriever, encoder: TableEncoder) -> tuple[DenseRetriever, Any]:
    """Return ours and FAISS's own index, both read from the same files into memory."""
    faiss = require("faiss", "dense")
    with TemporaryDirectory() as folder:
        built.save(folder)
        ours = DenseRetriever.load(folder, encoder=encoder, mmap=False)
        (data,) = Path(folder).glob("data-*")
        if (data / INDEX).is_file():
            return ours, faiss.read_index(str(data / INDEX))
        index = faiss.IndexFlatIP(encoder.dim)
        index.add(np.load(data / VECTORS, allow_pickle=False))
        return ours, index


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


def _sides(
    ours: DenseRetriever, bare: Any, vectors: Vectors
) -> list[tuple[int, Callable[[], Any]]]:
    """Return the number of queries and the work of each side: batched, then one by one."""
    asked = [str(n) for n in range(len(vectors))]
    alone = range(min(ALONE, len(asked)))
    return [
        (len(asked), lambda: bare.search(vectors, K)),
        (len(asked), lambda: ours.search(asked, K)),
        (len(alone), lambda: [bare.search(vectors[n : n + 1], K) for n in alone]),
        (len(alone), lambda: [ours.search(asked[n : n + 1], K) for n in alone]),
    ]


def _agreement(ours: DenseRetriever, bare: Any, vectors: Vectors) -> float:
    found = ours.search([str(n) for n in range(len(vectors))], K).ids
    rows = zip(found, bare.search(vectors, K)[1].tolist(), strict=True)
    return statistics.fmean({int(id) for id in row} == set(other) for row, other in rows)


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
