r"""Long documents to passages: windows of tokens, each sharing some with the one before.

A passage is a slice of its document's text, character for character; its id is the document's id
and its number (`Q42#0`), and it keeps the title, the source and the metadata. A document that fits
into one window stays as it is, with its id, so that gold ids remain valid.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ...core import Document
from ...errors import ConfigError

# scripts without blanks between words: each character is a token
_DENSE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af"
_TOKEN = re.compile(rf"[{_DENSE}]|[^\W{_DENSE}]+|[^\w\s]")

CHUNK = "chunk"
"""The metadata key that says which part of which document a passage is."""


@dataclass(frozen=True, slots=True)
class Chunking:
    """How documents are cut.

    Args:
        tokens: The most tokens of a passage: words, and marks that are no part of one. 0 leaves
            documents whole.
        overlap: How many of them are the last ones of the passage before.

    Raises:
        ConfigError: If a number is negative, or the overlap leaves no way forward.

    >>> cut = Chunking(tokens=3, overlap=1)
    >>> [(p.id, p.text) for p in cut(Document("a", "Ada", "one two three four five"))]
    [('a#0', 'one two three'), ('a#1', 'three four five')]
    >>> [p.id for p in cut(Document("b", "Bob", "short"))]
    ['b']
    """

    tokens: int = 0
    overlap: int = 0

    def __post_init__(self) -> None:
        for name, number in (("chunk tokens", self.tokens), ("overlap", self.overlap)):
            if isinstance(number, bool) or not isinstance(number, int):
                raise ConfigError(f"{name}: {number!r} was given; give a whole number from 0.")
        if self.tokens < 0:
            raise ConfigError(
                f"chunk tokens are {self.tokens}; give a number from 1, or 0 for no cuts."
            )
        if self.overlap and not self.tokens:
            raise ConfigError(
                f"overlap is {self.overlap}, but documents are left whole. Say how many tokens a "
                "chunk has, too: --chunk-tokens, or Recipe(chunk_tokens=...)."
            )
        if self.overlap < 0 or (self.overlap and self.overlap >= self.tokens):
            raise ConfigError(
                f"overlap is {self.overlap}; give a number from 0 to below the "
                f"{self.tokens} tokens of a chunk."
            )

    def __call__(self, document: Document) -> list[Document]:
        """Return the passages of a document, in order."""
        if not self.tokens or len(document.text) <= self.tokens:
            return [document]  # a token is a character at least
        spans = [match.span() for match in _TOKEN.finditer(document.text)]
        if len(spans) <= self.tokens:
            return [document]
        return [
            _passage(document, number, spans[first][0], spans[last - 1][1])
            for number, (first, last) in enumerate(self._windows(len(spans)))
        ]

    def _windows(self, length: int) -> Iterator[tuple[int, int]]:
        first = 0
        while first + self.tokens < length:
            yield first, first + self.tokens
            first += self.tokens - self.overlap
        yield first, length


def _passage(document: Document, number: int, start: int, end: int) -> Document:
    part = {"of": document.id, "number": number, "start": start, "end": end}
    return replace(
        document,
        id=f"{document.id}#{number}",
        text=document.text[start:end],
        metadata={**document.metadata, CHUNK: part},
    )


def document_id(passage: Document) -> str:
    """Return the id of the document that a passage was cut from, or its own.

    >>> [document_id(p) for p in Chunking(tokens=2)(Document("a", "", "one two three"))]
    ['a', 'a']
    """
    part = passage.metadata.get(CHUNK)
    if isinstance(part, dict) and passage.id == f"{part.get('of')}#{part.get('number')}":
        return str(part["of"])
    return passage.id
