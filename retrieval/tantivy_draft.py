"""Copies of a tantivy index that are being changed: where documents come and go.

An index in use is never written to. A draft holds its files under second names (hard links, so
nothing is copied: tantivy only ever adds, replaces or removes files), takes the changes, and is
then saved as an index of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path

from ..core import Document, to_json
from ..errors import DataError, UnknownNameError
from .analyzer import Analyzer
from .content import ContentHash
from .corpus import check_fields
from .linked import link_folder
from .tantivy_index import (
    BODY,
    DOCUMENT,
    ID,
    NUMBER,
    address_of,
    damage,
    engine_errors,
    library,
    open_searcher,
    schema,
    stored,
)

LONGEST_ID = 32_000
"""Bytes; tantivy silently leaves out longer terms, and an id that cannot be found cannot go."""


class Draft:
    """An index that is being written, in a folder of its own.

    Args:
        folder: An empty folder.
        analyzer: How documents become terms.
        base: An index to start from; its files are linked, not copied.
        content: The hash of what the base holds.
        number: The number of the next document.
        threads: How many threads index.
        memory_mb: How much memory each may fill before it writes a segment.
    """

    def __init__(
        self,
        folder: Path,
        analyzer: Analyzer,
        *,
        base: Path | None = None,
        content: ContentHash | None = None,
        number: int = 0,
        threads: int = 1,
        memory_mb: int = 64,
    ) -> None:
        self.folder = folder
        self.content = content or ContentHash()
        """Of what the index will hold."""
        self.number = number
        self.deleted = 0
        """How many were deleted here."""
        self._analyzer = analyzer
        self._old = open_searcher(base) if base else None
        self._new: set[int] = set()
        self._again: list[str] = []
        self._gone: set[str] = set()
        if base:
            link_folder(base, folder)
        with engine_errors():
            tantivy = library()
            index = (
                tantivy.Index.open(str(folder)) if base else tantivy.Index(schema(), str(folder))
            )
            self._writer = index.writer(threads * memory_mb * 1_000_000, threads)

    def add(self, documents: Iterable[Document]) -> None:
        """Take documents up, one by one.

        Raises:
            DataError: If an id is taken or too long for the index, or a field is no string.
        """
        for position, document in enumerate(documents):
            check_fields(document, position)
            self._check(document.id)
            self.content.add(document)
            self._write(document)

    def delete(self, ids: Iterable[str]) -> None:
        """Let documents go that the base holds.

        Raises:
            UnknownNameError: If there is no such document.
        """
        for id in ids:
            address = None if self._old is None or id in self._gone else address_of(self._old, id)
            if address is None:
                raise UnknownNameError(f"No document has the id {id!r} in this index.")
            self.content.remove(stored(self._old, address))
            with engine_errors():
                self._writer.delete_documents_by_term(ID, id)
            self._gone.add(id)
            self.deleted += 1

    def finish(self) -> None:
        """Write everything out.

        Raises:
            DataError: If two of the added documents share an id.
            OSError: If it cannot be written, or files of the base are damaged.
        """
        with engine_errors():
            self._writer.commit()
            self._writer.wait_merging_threads()
        searcher = open_searcher(self.folder)
        for id in self._again:
            query = library().Query.term_query(schema(), ID, id, "basic")
            with damage():
                found = searcher.search(query, 2, count=False).hits
            if len(found) > 1:
                raise DataError(f"Two documents have the id {id!r}; ids name documents.")

    def close(self) -> None:
        """Let go of the writer without keeping what was not finished."""
        del self._writer

    def _check(self, id: str) -> None:
        if len(id.encode()) > LONGEST_ID:
            raise DataError(
                f"The id {id[:40]!r}... has {len(id.encode())} bytes; this index takes up to "
                f"{LONGEST_ID}. Give the document a shorter one."
            )
        if self._old is not None and id not in self._gone and address_of(self._old, id):
            raise DataError(
                f"The index has a document {id!r} already. Delete it first, or give the new one "
                "another id."
            )
        # eight bytes an id, for corpora of millions; what looks taken is looked up at the end
        key = int.from_bytes(blake2b(id.encode(), digest_size=8).digest(), "big")
        if key in self._new:
            self._again.append(id)
        self._new.add(key)

    def _write(self, document: Document) -> None:
        terms = self._analyzer(f"{document.title}\n{document.text}")
        made = library().Document()
        made.add_text(ID, document.id)
        made.add_text(BODY, " ".join(terms))
        made.add_bytes(DOCUMENT, to_json(document))
        made.add_unsigned(NUMBER, self.number)  # a plain int would kill tantivy's worker
        self.number += 1
        with engine_errors():
            self._writer.add_document(made)
