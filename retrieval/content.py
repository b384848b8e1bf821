"""A name for what a set of documents holds, kept up to date as documents come and go.

Each document is hashed alone and the hashes are added up, so that the order does not matter and a
change costs only the documents that changed. Used where a corpus is too large to be sorted first:
by knowledge bases and by indexes that grow. It names content; it is no defence against somebody
who builds documents to collide.

The construction is AdHash of Bellare and Micciancio, "A New Paradigm for Collision-Free Hashing"
(EUROCRYPT 1997), with SHA-256.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from ..core import Document, to_json
from ..errors import DataError

_MODULUS = 1 << 256


class ContentHash:
    """The running hash of a set of documents.

    Args:
        documents: What it starts with.

    >>> ada, bob = Document("a", "Ada", "One."), Document("b", "Bob", "Two.")
    >>> both = ContentHash([ada, bob])
    >>> both.hexdigest() == ContentHash([bob, ada]).hexdigest()
    True
    >>> both.remove(bob)
    >>> both.hexdigest() == ContentHash([ada]).hexdigest()
    True
    """

    def __init__(self, documents: Iterable[Document] = ()) -> None:
        self._sum = 0
        self.count = 0
        """How many documents there are."""
        for document in documents:
            self.add(document)

    def add(self, document: Document) -> None:
        """Count a document in.

        Raises:
            DataError: If it holds what JSON cannot.
        """
        self._sum = (self._sum + _number(document)) % _MODULUS
        self.count += 1

    def remove(self, document: Document) -> None:
        """Count a document out that was counted in."""
        self._sum = (self._sum - _number(document)) % _MODULUS
        self.count -= 1

    def hexdigest(self) -> str:
        """Return the hash: 32 hexadecimal digits."""
        return hashlib.sha256(f"{self.count}:{self.state()}".encode()).hexdigest()[:32]

    def state(self) -> str:
        """Return what `restored` needs to continue."""
        return f"{self._sum:064x}"

    @classmethod
    def restored(cls, state: str, count: int) -> ContentHash:
        """Continue from what `state` returned.

        Raises:
            DataError: If it is no such state.
        """
        self = cls()
        try:
            self._sum, self.count = int(state, 16), count
        except (TypeError, ValueError) as error:
            raise DataError(f"{state!r} is no state of a content hash.") from error
        return self


def _number(document: Document) -> int:
    try:
        return int.from_bytes(hashlib.sha256(to_json(document)).digest(), "big")
    except (TypeError, ValueError, RecursionError) as error:
        raise DataError(
            f"Document {document.id!r} cannot be written as JSON ({error}): its metadata may hold "
            "only JSON values, and its text only valid Unicode. Mend the document."
        ) from error
