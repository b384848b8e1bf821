"""A reranker that needs no model: it counts words.

A floor for models, and a stand-in where there is none. It knows words, their order and the title,
and nothing of how rare a word is.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import pairwise

from ...core import Document
from ...files import fingerprint
from ..analyzer import Analyzer
from ..encoders.base import passage, readable
from .base import Pair


class LexicalReranker:
    """Scores a document by the share of the query that it contains. Needs no model.

    The score is the mean of three shares, each from 0 to 1: the query's words that the document
    has, the query's pairs of neighbouring words that it has side by side, and the words of its
    title that the query has.

    Args:
        analyzer: How texts become words.

    >>> ada = Document("a", "Ada", "She wrote the first program.")
    >>> LexicalReranker().score([("Ada wrote", ada), ("Bob", ada)])
    [1.0, 0.0]
    """

    def __init__(self, *, analyzer: Analyzer | None = None) -> None:
        self._analyzer = analyzer or Analyzer()
        self.fingerprint = fingerprint(["lexical", self._analyzer.fingerprint])

    def score(self, pairs: Sequence[Pair]) -> list[float]:
        """Return a number from 0 to 1 for each pair."""
        asked = {query: self._analyzer(readable(query)) for query, _ in pairs}
        return [self._score(asked[query], document) for query, document in pairs]

    def _score(self, query: list[str], document: Document) -> float:
        words = self._analyzer(passage(document))
        title = self._analyzer(document.title)
        shares = [_share(query, words), _share(title, query)]
        if len(query) > 1:
            shares.append(_share(list(pairwise(query)), list(pairwise(words))))
        return sum(shares) / len(shares)

    def __repr__(self) -> str:
        return "LexicalReranker()"


def _share(some: Sequence[Hashable], all_: Sequence[Hashable]) -> float:
    """Return which share of the different items of one sequence stand in another."""
    different = set(some)
    return len(different.intersection(all_)) / len(different) if different else 0.0
