"""`span`: the name, number or day in the documents that answers the query, found by rules."""

from __future__ import annotations

from collections.abc import Sequence

from ...core import Document
from .reading import read


class SpanReader:
    """Reads as `hopgym.retrieval.readers.reading` does: no model, no list of names.

    >>> vel = Document("v", "Vel", "Vel is a film. The director of Vel is Ada Orm.")
    >>> SpanReader()("director Vel", [(vel, 1.0)])
    'Ada Orm'
    """

    def __call__(self, query: str, row: Sequence[tuple[Document, float]]) -> str:
        """Return what answers the query, or nothing."""
        return read(query, [(document.title, document.text) for document, _ in row]).answer

    def __repr__(self) -> str:
        return "SpanReader()"
