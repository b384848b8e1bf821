"""Passages and queries for the speed of retrieval: as long, and with words as rare, as real ones.

Words follow Zipf and Mandelbrot's law, weights 1 / (rank + 100)^1.05 over 300,000 words: a query of
8 words meets about 9,400 postings in 100,000 passages, as queries over Wikipedia passages do once
stop words are gone. Always the same for the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ...core import Document
from ...seeding import rng_for

WORDS = 300_000
OFFSET, EXPONENT = 100, 1.05
PASSAGE_WORDS = 56
QUERY_WORDS = 8
_CHUNK = 10_000


def make_passages(count: int) -> Iterator[Document]:
    """Yield passages without titles; their ids are in order."""
    for chunk, start in enumerate(range(0, count, _CHUNK)):
        texts = _texts("passages", chunk, min(_CHUNK, count - start), PASSAGE_WORDS)
        for number, text in enumerate(texts, start):
            yield Document(f"{number:08}", "", text)


def make_questions(count: int) -> list[str]:
    """Return queries."""
    return _texts("queries", 0, count, QUERY_WORDS)


def _texts(kind: str, chunk: int, count: int, words: int) -> list[str]:
    drawn = rng_for(0, "speed", kind, chunk).random((count, words))
    ranks = np.searchsorted(_cumulated(), drawn)
    spelled = _spelled()
    return [" ".join([spelled[rank] for rank in row]) for row in ranks.tolist()]


@lru_cache(maxsize=1)
def _cumulated() -> NDArray[np.float64]:
    weights = (np.arange(WORDS) + OFFSET) ** -EXPONENT
    total: NDArray[np.float64] = np.cumsum(weights) / weights.sum()
    total[-1] = 1.0  # rounding must not let a draw fall past the end
    return total


@lru_cache(maxsize=1)
def _spelled() -> list[str]:
    """Spell each rank in syllables; half get an ending, so that a stemmer has something to chew."""
    syllables = [c + v for c in "bcdfghjklmnpqrstvwxz" for v in "aeiou"]
    return [
        syllables[rank % 100]
        + syllables[rank // 100 % 100]
        + syllables[rank // 10_000]
        + ("", "ing", "s", "ed")[rank % 4]
        for rank in range(WORDS)
    ]
