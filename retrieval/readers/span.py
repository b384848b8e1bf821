"""`span`: the name, number or day in the documents that answers the query, found by rules."""

from __future__ import annotations

from .base import Row
from .reading import read


class SpanReader:
    """Reads as `hopgym.retrieval.readers.reading` does: no model, no list of names.

    >>> from hopgym.core import Document
    >>> vel = Document("v", "Vel", "Vel is a film. The director of Vel is Ada Orm.")
    >>> SpanReader()("director Vel", [(vel, 1.0)])
    'Ada Orm'
    """

    def __call__(self, query: str, row: Row) -> str:
        """Return what answers the query, or nothing."""
        return read(query, [(document.title, document.text) for document, _ in row]).answer

    def __repr__(self) -> str:
        return "SpanReader()"
