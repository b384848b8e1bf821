"""What the decoder reads, row by row: words, and vectors in the places of chunks.

A row is what comes first, chunks, what comes after them, and what is to be written. Which chunks are
expanded is said apart from it, so that one row can be read in many ways. Knows no model.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from ...errors import ConfigError, require
from ...retrieval.base import check_number
from .chunking import Chunk, Chunker, document_text

Tensor = Any
UNLABELLED = -100

ASK = "Question: {}\nAnswer:"
REPEAT = "Repeat:\n"
"""What asks for the text of the chunks before it."""

_SLACK = 1e-9


class Row(NamedTuple):
    """One text with chunks in it."""

    before: list[int]
    chunks: list[Chunk]
    after: list[int]
    target: list[int]
    """What is learnt or scored behind it."""
    query: list[Chunk]
    """The question in chunks, by which those worth expanding are chosen."""


class Batch(NamedTuple):
    """Rows side by side, padded on the left."""

    ids: Tensor
    """`[rows, columns]` int64; 0 in the place of a vector, and of nothing."""
    mask: Tensor
    """`[rows, columns]`: 1 where there is a word or a vector."""
    slots: Tensor
    """`[vectors, 2]`: the row and column of each vector, row by row."""
    labels: Tensor
    """`[rows, columns]`: the target's tokens in their columns, -100 elsewhere."""


class RowWriter:
    """Makes rows of questions with documents.

    Args:
        chunker: Cuts the documents.
        end: The token that ends an answer.
        room: Columns that a row may have, what is written included; None for no limit.
        max_new_tokens: Tokens of an answer at most, the end included.
    """

    def __init__(
        self, chunker: Chunker, end: int, *, room: int | None = None, max_new_tokens: int = 32
    ) -> None:
        self.chunker, self.end = chunker, end
        self.room, self.max_new_tokens = room, max_new_tokens

    def question(
        self,
        question: str,
        documents: Sequence[tuple[str, str]],
        answer: str = "",
        *,
        share: float = 1.0,
    ) -> Row:
        """Return the row of a question.

        Args:
            question: Its text.
            documents: `(title, text)` of each; the last are left out where there is no room.
            answer: What is learnt or scored; empty for nothing.
            share: The share of chunks that will be expanded, for which there must be room.

        Raises:
            ConfigError: If the question alone has no room.
        """
        codec = self.chunker.codec
        after = codec.encode(ASK.format(question))
        cut = [self.chunker.of(document_text(*each)) for each in documents]
        kept = self._kept(cut, len(after), share)
        target = [*codec.encode(f" {answer}"), self.end][: self.max_new_tokens] if answer else []
        query = self.chunker.of_ids(codec.encode(question))
        return Row(list(codec.bos), [c for each in cut[:kept] for c in each], after, target, query)

    def passage(self, ids: Sequence[int], target: Sequence[int], *, repeat: bool) -> Row:
        """Return the row of a passage that is to be repeated, or gone on with."""
        codec = self.chunker.codec
        after = codec.encode(REPEAT) if repeat else []
        return Row(list(codec.bos), self.chunker.of_ids(ids), after, list(target), [])

    def _kept(self, documents: Sequence[Sequence[Chunk]], after: int, share: float) -> int:
        """Return how many documents have room."""
        if self.room is None:
            return len(documents)
        left = self.room - self.max_new_tokens - after - len(self.chunker.codec.bos)
        if left < 0:
            raise ConfigError(
                f"The question has {after} tokens, and the decoder reads {self.room} with an answer "
                f"of {self.max_new_tokens}. Give a decoder that reads more, or fewer max_new_tokens."
            )
        chunks = 0
        for n, each in enumerate(documents):
            chunks += len(each)
            if chunks + budget(chunks, share) * (self.chunker.k - 1) > left:
                return n
        return len(documents)


def budget(chunks: int, share: float) -> int:
    """Return how many chunks are expanded: the share p of them, rounded up.

    >>> budget(10, 0.25), budget(10, 0.0), budget(10, 1.0), budget(10, 0.3)
    (3, 0, 10, 3)

    Raises:
        ConfigError: If the share is not from 0 to 1.
    """
    check_number("expand", share, 0.0, 1.0, example=0.25)
    return min(chunks, math.ceil(share * chunks - _SLACK))


def layout(row: Row, expanded: Collection[int]) -> tuple[list[int], list[int]]:
    """Return a row's columns without its target, and which of them are vectors, in order."""
    ids, slots = list(row.before), []
    for place, chunk in enumerate(row.chunks):
        if place in expanded:
            ids += chunk.ids
        else:
            slots.append(len(ids))
            ids.append(0)
    return ids + row.after, slots


def side_by_side(
    rows: Sequence[Row], expanded: Sequence[Collection[int]], device: Any = None
) -> Batch:
    """Return rows padded on the left, with their targets.

    Args:
        rows: One or more.
        expanded: For each the places of the chunks that are read as words.
        device: Where.
    """
    torch = require("torch", "llm")
    laid = [layout(row, set(chosen)) for row, chosen in zip(rows, expanded, strict=True)]
    longest = max(len(ids) + len(row.target) for row, (ids, _) in zip(rows, laid, strict=True))
    ids = torch.zeros((len(rows), longest), dtype=torch.long)
    mask, labels = torch.zeros_like(ids), torch.full_like(ids, UNLABELLED)
    slots: list[tuple[int, int]] = []
    for n, (row, (own, places)) in enumerate(zip(rows, laid, strict=True)):
        begin = longest - len(own) - len(row.target)
        ids[n, begin:] = torch.tensor(own + row.target)
        mask[n, begin:] = 1
        if row.target:
            labels[n, -len(row.target) :] = torch.tensor(row.target)
        slots += [(n, begin + place) for place in places]
    at = torch.tensor(slots, dtype=torch.long).reshape(-1, 2)
    return Batch(*(each.to(device) for each in (ids, mask, at, labels)))
