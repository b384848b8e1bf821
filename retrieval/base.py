"""What a retriever is: queries in, hits out, always in batches.

A retriever knows documents and nothing of questions, episodes or rewards. It ranks by score, then
by document id, so that the same corpus and query give the same hits everywhere; documents that do
not match at all are no hits, so a row may be shorter than `k`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self, runtime_checkable

from ..core import Document
from ..errors import ConfigError, RetrievalError


@dataclass(frozen=True, slots=True)
class Hits:
    """The answers to a batch of queries: one row for each query, best first."""

    documents: Sequence[Sequence[Document]]
    scores: Sequence[Sequence[float]]
    components: Sequence[Sequence[Mapping[str, float]]] | None = None
    """Where a score is made of others: what each part gave to each hit, by name."""

    @property
    def rows(self) -> list[list[tuple[Document, float]]]:
        """The documents with their scores, row by row."""
        rows = zip(self.documents, self.scores, strict=True)
        return [list(zip(documents, scores, strict=True)) for documents, scores in rows]

    @property
    def ids(self) -> list[list[str]]:
        """The document ids, row by row."""
        return [[document.id for document in row] for row in self.documents]

    def __len__(self) -> int:
        return len(self.documents)

    def __getitem__(self, query: int) -> list[tuple[Document, float]]:
        return list(zip(self.documents[query], self.scores[query], strict=True))

    def __iter__(self) -> Iterator[list[tuple[Document, float]]]:
        return iter(self.rows)


@runtime_checkable
class Retriever(Protocol):
    """Anything that finds documents. Safe to call from several threads.

    One that computes in this process, and waits for no other machine, may say so by an attribute
    `in_process = True`: environments then spare it the threads that let sources wait side by side.
    """

    @property
    def fingerprint(self) -> str:
        """A name of what it searches and how, stored with every result."""

    def search(self, queries: Sequence[str], k: int) -> Hits:
        """Return up to `k` hits for each query, equal to searching each alone.

        Raises:
            ConfigError: If `k` is below 1.
            RetrievalError: If it cannot answer (never an empty row instead).
        """


class Immutable:
    """What never changes is its own copy.

    Gymnasium copies deeply what an environment was made with: an index would be copied whole.
    """

    __slots__ = ()

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


def check_k(k: int) -> None:
    """Refuse a number of hits that is no whole number from 1."""
    if not hasattr(k, "__index__") or isinstance(k, bool):
        raise ConfigError(f"k is {k!r}; give a whole number.")
    if k < 1:
        raise ConfigError(f"k is {k}; ask for 1 hit or more.")


def check_whole(name: str, value: int, least: int = 1) -> None:
    """Refuse a setting that is no whole number from `least`."""
    if not hasattr(value, "__index__") or isinstance(value, bool) or value < least:
        raise ConfigError(f"{name} is {value!r}; give a whole number from {least}.")


def check_number(
    name: str, value: float, least: float = 0.0, most: float = math.inf, example: float = 1.0
) -> None:
    """Refuse a setting that is no finite number from `least` to `most`."""
    number = hasattr(value, "__float__") and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not least <= value <= most:
        to = f" to {most:g}" if math.isfinite(most) else ""
        raise ConfigError(
            f"{name} is {value!r}; give a number from {least:g}{to}, such as {example:g}."
        )


def check_queries(queries: Sequence[str]) -> None:
    """Refuse anything but a batch of strings."""
    if isinstance(queries, str):
        raise ConfigError(f"queries is one string; search in batches: [{queries[:60]!r}].")
    for position, query in enumerate(queries):
        if not isinstance(query, str):
            raise ConfigError(
                f"Query {position} is a {type(query).__name__}, not a string: {query!r:.60}."
            )


def check_hits(hits: Hits, queries: Sequence[str], k: int, name: str) -> None:
    """Refuse what no retriever may answer: a user's own is asked here for the first time.

    Args:
        hits: What it answered.
        queries: What it was asked.
        k: How many hits it was asked for.
        name: What the user calls it.

    Raises:
        RetrievalError: If these are no hits, not one row for each query, more than `k` in a row,
            not a score for each document, or scores that are no finite numbers.
    """
    if not isinstance(hits, Hits):
        raise _broken(name, f"returned a {type(hits).__name__}; it must return Hits.")
    if len(hits) != len(queries) or len(hits.scores) != len(queries):
        raise _broken(
            name,
            f"gave {len(hits)} rows for {len(queries)} queries, and {len(hits.scores)} of scores. "
            "Each query needs a row of its own, in their order.",
        )
    for documents, scores in zip(hits.documents, hits.scores, strict=True):
        _check_row(documents, scores, k, name)


def _check_row(documents: Sequence[Document], scores: Sequence[float], k: int, name: str) -> None:
    if len(documents) > k:
        raise _broken(name, f"gave {len(documents)} hits where {k} were asked for. Cut at k.")
    if len(documents) != len(scores):
        raise _broken(
            name, f"gave {len(scores)} scores for {len(documents)} documents; give one for each."
        )
    for document in documents:
        if not isinstance(document, Document):
            raise _broken(
                name, f"found a {type(document).__name__} ({document!r:.60}), and no Document."
            )
        if not isinstance(document.title, str) or not isinstance(document.text, str):
            raise _broken(
                name,
                f"found the document {document.id!r:.60} without a title or text that is a str.",
            )
    try:
        finite = all(map(math.isfinite, scores))  # fast: each answer passes here
    except (TypeError, OverflowError):
        finite = False
    if not finite:
        odd = next(score for score in scores if not _is_finite(score))
        raise _broken(
            name,
            f"gave a score that is {odd!r:.40}, so its hits have no order; give finite numbers.",
        )


def _is_finite(score: object) -> bool:
    try:
        return math.isfinite(score)  # type: ignore[arg-type]
    except (TypeError, OverflowError):
        return False


def _broken(name: str, what: str) -> RetrievalError:
    return RetrievalError(f"The retriever {name!r} {what} Mend that retriever.")
