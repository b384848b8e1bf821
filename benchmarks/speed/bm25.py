"""What does hopgym's BM25 add to the time of the bare library?

Both sides get the same short documents and queries, the same stop words, stemmer and parameters,
and return the best three. Each round times one side right after the other, so that a busy machine
slows both; the ratio is the median over the rounds.

    python -m hopgym.benchmarks.speed.bm25 [DOCUMENTS ...]
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from ...core import Document
from ...retrieval.bm25 import BM25Retriever
from ...seeding import rng_for

SIZES = (20_000, 100_000)
K = 3
QUERIES = 200
ROUNDS = 9


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds per query on one corpus."""

    documents: int
    library: float
    """`bm25s.tokenize` and `BM25.retrieve`."""
    batched: float
    """`BM25Retriever.search` of all queries at once."""
    single: float
    """`BM25Retriever.search` of one query at a time."""
    batched_ratio: float
    single_ratio: float


def measure(size: int, queries: int = QUERIES, rounds: int = ROUNDS) -> Timing:
    """Time both sides on a synthetic corpus of some size."""
    texts = make_texts("documents", size, words=40)
    asked = make_texts("queries", queries, words=10)
    ours = BM25Retriever([Document(f"{n:07}", "", text) for n, text in enumerate(texts)])
    bare = bare_library(ours, texts)
    sides: list[Callable[[], Any]] = [
        lambda: bare(asked),
        lambda: ours.search(asked, K),
        lambda: [ours.search([query], K) for query in asked],
    ]
    times = [[_seconds(side) for side in sides] for _ in range(rounds + 1)][1:]  # one to warm up
    library, batched, single = (
        statistics.median(column) * 1000 / queries for column in zip(*times, strict=True)
    )
    ratios = [statistics.median(row[side] / row[0] for row in times) for side in (1, 2)]
    return Timing(size, library, batched, single, *ratios)


def make_texts(kind: str, count: int, words: int) -> list[str]:
    """Draw texts whose words follow Zipf's law, always the same ones."""
    rng = rng_for(0, "speed", kind)
    drawn = rng.zipf(1.3, (count, words)) % 200_000
    # letters alone, so that the stemmer has something to chew on
    return [" ".join(_word(number) for number in row) for row in drawn.tolist()]


def show(timings: Sequence[Timing]) -> Table:
    """Lay the timings out as a table."""
    table = Table(title=f"BM25, best {K}, milliseconds per query")
    for name in ("documents", "bm25s", "hopgym batched", "ratio", "hopgym one by one", "ratio"):
        table.add_column(name, justify="right")
    for row in timings:
        table.add_row(
            f"{row.documents:,}",
            f"{row.library:.3f}",
            f"{row.batched:.3f}",
            f"{row.batched_ratio:.2f}",
            f"{row.single:.3f}",
            f"{row.single_ratio:.2f}",
        )
    return table


def bare_library(ours: BM25Retriever, texts: list[str]) -> Callable[[list[str]], Any]:
    """Return the library's own way from queries to hits, set up like ours."""
    import bm25s
    import Stemmer

    how: dict[str, Any] = {
        "token_pattern": r"\w+",
        "stopwords": ours.analyzer.stopwords,
        "stemmer": Stemmer.Stemmer(ours.analyzer.stemmer),
        "show_progress": False,
    }
    index = bm25s.BM25(k1=0.9, b=0.4, method="lucene", backend="numpy")
    index.index(bm25s.tokenize(texts, **how), show_progress=False)
    return lambda queries: index.retrieve(
        bm25s.tokenize(queries, **how), k=K, show_progress=False, n_threads=1
    )


def _word(number: int) -> str:
    letters = ""
    while True:
        number, digit = divmod(number, 20)
        letters += "bcdfghjklmnpqrstvwxz"[digit] + "aeiou"[digit % 5]
        if not number:
            return letters + "ing" * (digit % 3 == 0)


def _seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Measure the sizes named on the command line, or the usual ones."""
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    Console().print(show([measure(size) for size in sizes]))


if __name__ == "__main__":
    main()
