"""A hit as a record of its own: the document, its score and its rank.

What a conversation holds. It is never the document that is searched, so that neither a later query
nor whoever changes it can change the knowledge base.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from typing import Any

from ...core import Document
from ...errors import DataError
from ..corpus import _document as document_of


@dataclass(frozen=True, slots=True)
class RetrievedDocument:
    """One hit: a document, its score and its rank."""

    id: str
    title: str
    content: str
    score: float = 0.0
    source: str = "General"
    metadata: Mapping[str, Any] = field(default_factory=dict)
    rank: int = 0
    """From 1; 0 if it was not retrieved."""

    @property
    def document(self) -> Document:
        """The document alone."""
        return Document(self.id, self.title, self.content, self.source, self.metadata)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> RetrievedDocument:
        r"""Read a record; the text may be called `content`, `contents` or `text`, the id `_id`.

        Raises:
            DataError: If it has no text, or a field is of the wrong type.

        >>> RetrievedDocument.from_dict({"_id": 7, "contents": "Ada\nA mathematician."}).title
        'Ada'
        """
        rest: Any = record  # what is no record at all is refused by the same words
        if isinstance(record, Mapping):
            rest = {name: record[name] for name in record if name not in ("score", "rank")}
        document = document_of(rest, "0", "The document")
        score, rank = record.get("score") or 0.0, record.get("rank") or 0
        if not isinstance(score, int | float) or not isinstance(rank, int):
            raise DataError(
                f"Document {document.id!r} has the score {score!r} and the rank {rank!r}; give a "
                "number and a whole number, or leave them out."
            )
        return cls.of(document, float(score), rank)

    @classmethod
    def of(cls, document: Document, score: float = 0.0, rank: int = 0) -> RetrievedDocument:
        """Make one of a document."""
        metadata = deepcopy(dict(document.metadata))
        return cls(
            document.id, document.title, document.text, score, document.source, metadata, rank
        )
