"""What a reader is: the short answer that some retrieved documents give to a query.

It sees the query and what was found, and nothing of the question behind it, nor of any gold.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from ...core import Document

Row = Sequence[tuple[Document, float]]
"""What a query found, best first: documents with their scores."""


@runtime_checkable
class Reader(Protocol):
    """Any function of a query and its row. Safe to call from several threads."""

    def __call__(self, query: str, row: Row) -> str:
        """Return a name, a number or a few words; nothing where the documents tell nothing."""
