"""Duplicates: passages that say again what another has said.

Exact ones are found by a hash of title, text and source; near ones by MinHash (see `minhash`). The
first of several stays. Ids are watched here too: one id names one document.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from ...core import Document
from .chunking import document_id
from .minhash import MinHashIndex


class Dropped(NamedTuple):
    """A passage that was left out."""

    id: str
    of: str
    """The id of the passage that stayed."""
    near: bool = False
    """Whether they are alike rather than equal."""


class Seen:
    """The passages that a knowledge base has so far.

    Args:
        exact: Whether equal passages are duplicates.
        near: The Jaccard similarity from which alike passages are duplicates, or None for none.

    >>> seen = Seen()
    >>> seen.sort_out([Document("a", "", "The same.")])[1]
    []
    >>> seen.keep([Document("a", "", "The same.")])
    >>> seen.sort_out([Document("b", "", "The same.")])[1]
    [Dropped(id='b', of='a', near=False)]
    """

    def __init__(self, exact: bool = True, near: float | None = None) -> None:
        self._exact = exact
        self._near = None if near is None else MinHashIndex(near)
        self._ids: dict[str, bytes] = {}
        self._contents: dict[bytes, str] = {}

    def sort_out(self, passages: Sequence[Document]) -> tuple[list[Document], list[Dropped]]:
        """Divide the passages of one document into new ones and duplicates of what was kept.

        Passages of the same document may be alike, since they overlap; they may not be equal.
        """
        fresh: list[Document] = []
        dropped: list[Dropped] = []
        own: dict[bytes, str] = {}
        for passage in passages:
            duplicate = self._duplicate(passage, own)
            if duplicate is None:
                fresh.append(passage)
            else:
                dropped.append(duplicate)
        return fresh, dropped

    def conflict(self, document: Document, passages: Sequence[Document]) -> str | None:
        """Return an id of these passages, or of the document they are of, that is taken already.

        A record may itself be a passage that was cut elsewhere; it takes its own id only.
        """
        ids = [document.id, *(passage.id for passage in passages)] if passages else []
        return next((id for id in ids if id in self._ids), None)

    def keep(self, passages: Sequence[Document]) -> None:
        """Take passages up."""
        for passage in passages:
            content = _content(passage)
            self._ids.setdefault(document_id(passage), b"")
            self._ids[passage.id] = content
            if self._exact:
                self._contents.setdefault(content, passage.id)
            if self._near is not None:
                self._near.add(passage.id, _text(passage), group=passage.source)

    def _duplicate(self, passage: Document, own: dict[bytes, str]) -> Dropped | None:
        content = _content(passage)
        if self._ids.get(passage.id) == content:
            return Dropped(passage.id, passage.id)  # the very same record once more
        if self._exact:
            first = self._contents.get(content) or own.setdefault(content, passage.id)
            if first != passage.id:
                return Dropped(passage.id, first)
        if self._near is not None:
            alike = self._near.find(_text(passage), group=passage.source)
            if alike is not None:
                return Dropped(passage.id, alike, near=True)
        return None


def _content(passage: Document) -> bytes:
    # lengths keep ("ab", "c") apart from ("a", "bc")
    parts = (passage.source, passage.title, passage.text)
    lengths = ",".join(str(len(part)) for part in parts)
    return hashlib.blake2b("\0".join((lengths, *parts)).encode(), digest_size=16).digest()


def _text(passage: Document) -> str:
    return f"{passage.title}\n{passage.text}"
