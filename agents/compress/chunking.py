"""Documents in chunks of k tokens: what one vector stands for.

The tokens are the decoder's own, cut and never decoded and read again, so that a chunk that is
expanded is exactly what plain reading would show.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from ...envs.grammars.base import MAX_TITLE
from ...envs.grammars.text import one_line
from ...retrieval.base import check_whole
from ..llm.codec import TextCodec

_CACHED = 20_000
"""Documents whose chunks are remembered: they come back in every epoch and every turn."""


class Chunk(NamedTuple):
    """Up to k tokens of a text."""

    ids: tuple[int, ...]
    text: str
    """The characters that they stand for; empty where nobody reads them."""


def document_text(title: str, text: str) -> str:
    r"""Return a document as it is read.

    >>> document_text("Ada Orm", "Ada Orm was born in Lyon.")
    'Ada Orm: Ada Orm was born in Lyon.\n'
    """
    return f"{title}: {text}\n" if title else f"{text}\n"


def shown(title: str, text: str, limit: int) -> tuple[str, str]:
    """Return a document's title and text as an environment shows them.

    Args:
        title: Its title.
        text: Its text.
        limit: Characters of the text that are shown: `max_document_chars`.

    >>> shown("Ada", "born in  Lyon", 7)
    ('Ada', 'born in')
    """
    return one_line(title, MAX_TITLE), one_line(text, limit)


class Chunker:
    """Cuts texts.

    Args:
        tokenizer: The decoder's.
        k: Tokens of a chunk; the last of a text has what is left.
        texts: Whether chunks know their characters, which an encoder with a tokenizer of its own
            reads.

    Raises:
        ConfigError: If k is no whole number from 1.
    """

    def __init__(self, tokenizer: Any, k: int, *, texts: bool = False) -> None:
        check_whole("k", k)
        self.k, self.texts = k, texts
        self.codec = TextCodec(tokenizer)
        self._tokenizer = tokenizer
        self._of = lru_cache(_CACHED)(self._cut)

    def of(self, text: str) -> tuple[Chunk, ...]:
        """Return the chunks of a text."""
        return self._of(text)

    def of_ids(self, ids: Sequence[int]) -> list[Chunk]:
        """Return the chunks of tokens."""
        return [self._decoded(ids[n : n + self.k]) for n in range(0, len(ids), self.k)]

    def _cut(self, text: str) -> tuple[Chunk, ...]:
        ids = self.codec.encode(text)
        spans = self._spans(text, ids) if self.texts else None
        if spans is None:
            return tuple(self.of_ids(ids))
        starts = range(0, len(ids), self.k)
        ends = [min(n + self.k, len(ids)) for n in starts]
        return tuple(
            Chunk(tuple(ids[n:end]), text[spans[n][0] : spans[end - 1][1]])
            for n, end in zip(starts, ends, strict=True)
        )

    def _spans(self, text: str, ids: Sequence[int]) -> list[tuple[int, int]] | None:
        """Return where each token stands in the text; None where the tokenizer cannot say it."""
        if not getattr(self._tokenizer, "is_fast", False):
            return None
        told = self._tokenizer(
            text,
            add_special_tokens=False,
            split_special_tokens=True,
            return_offsets_mapping=True,
        )
        return list(told["offset_mapping"]) if list(told["input_ids"]) == list(ids) else None

    def _decoded(self, ids: Sequence[int]) -> Chunk:
        return Chunk(tuple(ids), self.codec.decode(ids) if self.texts else "")
