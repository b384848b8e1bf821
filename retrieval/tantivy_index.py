"""An index of tantivy's, opened for searching: its fields, its files, its documents.

The files do not change while they are open; what changes an index makes another (see
`tantivy_draft`). Documents are analysed outside of tantivy, by the same analyzer as queries, and
tantivy only splits the terms at blanks: it has no analyser to forget and parses no query.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any, overload

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..core import Document, from_json
from ..errors import DataError, RetrievalError, require
from ..files import fingerprint
from .analyzer import Analyzer
from .content import ContentHash
from .saved import CURE, Manifest

ID, BODY, DOCUMENT, NUMBER = "id", "body", "document", "number"
"""The fields: the document's id, its terms, itself as JSON, and its number by time of addition."""

_PAGE = 10_000  # documents found at a time in a walk through all
_TIE = 2e-6  # scores are sums of 32-bit floats in no fixed order: closer ones are equal


@dataclass(frozen=True, slots=True)
class Settings:
    """What the manifest keeps of an index."""

    analyzer: Analyzer
    analyzer_fingerprint: str
    content: str
    """The state of the hash of what it holds."""
    count: int
    number: int
    """Of the next document."""
    history: str = ""
    """Names the way here where documents were deleted: they leave traces in the scores."""


class TantivyIndex:
    """An index in use: files that do not change, opened.

    Args:
        data: The folder of the files.
        settings: What the manifest says.

    Raises:
        DataError: If its analyzer is not the one that it was made with.
        OSError: If it cannot be opened.
    """

    def __init__(self, data: Path, settings: Settings) -> None:
        self.data = data
        self.settings = settings
        if settings.analyzer.fingerprint != settings.analyzer_fingerprint:
            raise DataError(f"the stop list {settings.analyzer.stopwords!r} is another version")
        self.searcher = open_searcher(data)
        self._schema = schema()
        content = ContentHash.restored(settings.content, settings.count).hexdigest()
        parts = ["tantivy", content, settings.analyzer_fingerprint]
        self.fingerprint = fingerprint([*parts, settings.history] if settings.history else parts)
        self.documents = _Documents(self.searcher, settings.count, settings.number)
        """What it holds, in the order of addition."""

    def manifest(self) -> Manifest:
        """Return the manifest of this index."""
        versions = {"tantivy": version("tantivy")}
        settings = msgspec.to_builtins(self.settings)
        return Manifest("tantivy", self.fingerprint, self.settings.count, settings, versions)

    def search(self, terms: Sequence[str], k: int) -> list[tuple[Document, float]]:
        """Return the best documents, those with equal scores in the order of their ids."""
        if not terms:
            return []
        try:
            with damage():
                return self._ranked(self._hits(terms, k), k)
        except DataError as error:
            raise RetrievalError(str(error)) from error.__cause__

    def _hits(self, terms: Sequence[str], k: int) -> list[tuple[float, Any]]:
        """Return the best `k` hits and all that tie with the last of them."""
        tantivy = library()
        clauses = [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, BODY, term, "freq"))
            for term in terms
        ]
        query = tantivy.Query.boolean_query(clauses)
        most = max(1, self.searcher.num_docs)
        limit = min(k + 8, most)
        while True:
            hits = self.searcher.search(query, limit, count=False).hits
            if len(hits) < limit or limit == most or _below(hits[-1][0], hits[k - 1][0]):
                return hits  # type: ignore[no-any-return]
            limit = min(4 * limit, most)

    def _ranked(self, hits: list[tuple[float, Any]], k: int) -> list[tuple[Document, float]]:
        row: list[tuple[Document, float]] = []
        start = 0
        while start < len(hits) and len(row) < k:
            score = hits[start][0]
            end = start
            while end < len(hits) and not _below(hits[end][0], score):
                end += 1
            tied = [stored(self.searcher, address) for _, address in hits[start:end]]
            row += [(document, score) for document in sorted(tied, key=lambda d: d.id)]
            start = end
        return row[:k]


def _below(score: float, other: float) -> bool:
    return score < other * (1 - _TIE)


class _Documents(Sequence[Document]):
    """The documents of an index, in the order of addition, read from the disk when asked for."""

    def __init__(self, searcher: Any, count: int, end: int) -> None:
        self._searcher = searcher
        self._count = count
        self._end = end

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Document]:
        found = 0
        for _, address in _numbered(self._searcher, 0, self._end):
            yield stored(self._searcher, address)
            found += 1
        if found != self._count:
            raise self._lost(found)

    @overload
    def __getitem__(self, index: int) -> Document: ...
    @overload
    def __getitem__(self, index: slice) -> list[Document]: ...
    def __getitem__(self, index: int | slice) -> Document | list[Document]:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        position = index + len(self) if index < 0 else index
        if not 0 <= position < len(self):
            raise IndexError(f"document {index} of {len(self)}")
        numbers = self._numbers
        if len(numbers) != self._count:
            raise self._lost(len(numbers))
        number = int(numbers[position])
        found = next(_numbered(self._searcher, number, number + 1), None)
        if found is None:
            raise self._lost(self._count - 1)
        return stored(self._searcher, found[1])

    @cached_property
    def _numbers(self) -> NDArray[np.int64]:
        """The documents' numbers, without those that went with a deleted one."""
        if self._count == self._end:
            return np.arange(self._end)
        found = (number for number, _ in _numbered(self._searcher, 0, self._end))
        return np.fromiter(found, dtype=np.int64)

    def _lost(self, found: int) -> DataError:
        return DataError(
            f"The tantivy index is damaged (it holds {found} documents, not {self._count}). {CURE}"
        )


def library() -> ModuleType:
    """Import tantivy late.

    Raises:
        MissingExtraError: If it is not installed.
    """
    return require("tantivy", "tantivy")


def schema() -> Any:
    """Return the fields of the index."""
    builder = library().SchemaBuilder()
    builder.add_text_field(ID, tokenizer_name="raw", index_option="basic")
    builder.add_text_field(BODY, tokenizer_name="whitespace", index_option="freq")
    builder.add_bytes_field(DOCUMENT, stored=True)
    builder.add_unsigned_field(NUMBER, fast=True)
    return builder.build()


def open_searcher(folder: Path) -> Any:
    """Open an index for searching; it is mapped, not read.

    Raises:
        OSError: If it cannot be opened.
    """
    with engine_errors():
        index = library().Index.open(str(folder))
        index.config_reader("Manual")  # the files do not change: nothing to watch
        index.reload()
        return index.searcher()


@contextmanager
def engine_errors() -> Iterator[None]:
    """Turn tantivy's failures, which come as ValueError or as a panic, into what they are."""
    try:
        yield
    except DataError:  # one of ours, although a ValueError
        raise
    except ValueError as error:
        raise OSError(f"tantivy: {error}") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # of pyo3, which gives no name to import
            raise
        raise OSError(f"tantivy stopped: {error}") from error


@contextmanager
def damage() -> Iterator[None]:
    """Turn what damaged files cause while they are read into an error that says so.

    Raises:
        DataError: If they cannot be read.
    """
    try:
        with engine_errors():
            yield
    except (OSError, TypeError, msgspec.MsgspecError) as error:
        raise DataError(f"The tantivy index is damaged ({error}). {CURE}") from error


def stored(searcher: Any, address: Any) -> Document:
    """Return the document at an address.

    Raises:
        DataError: If the index is damaged.
    """
    with damage():
        return from_json(searcher.doc(address).get_first(DOCUMENT), Document)


def address_of(searcher: Any, id: str) -> Any:
    """Return the address of the document of an id, or None.

    Raises:
        DataError: If the index is damaged.
    """
    with damage():
        query = library().Query.term_query(schema(), ID, id, "basic")
        hits = searcher.search(query, 1, count=False).hits
    return hits[0][1] if hits else None


def _numbered(searcher: Any, start: int, end: int) -> Iterator[tuple[int, Any]]:
    """Yield numbers and addresses, found a page at a time."""
    tantivy = library()
    for first in range(start, end, _PAGE):
        last = min(first + _PAGE, end) - 1
        kind = tantivy.FieldType.Unsigned
        with damage():
            query = tantivy.Query.range_query(schema(), NUMBER, kind, first, last)
            addresses = [address for _, address in searcher.search(query, _PAGE, count=False).hits]
            found = searcher.fast_field_values(NUMBER, addresses)
            page = sorted(zip(found, range(len(addresses)), strict=True))
        for number, place in page:
            yield number, addresses[place]
