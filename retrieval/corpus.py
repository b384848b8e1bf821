"""Corpora: the documents that a retriever searches, and the files that hold them.

A `Corpus` is immutable, has unique ids and a fingerprint of its content. It knows nothing of how
it is searched. Question sets bring one and retrievers are built over one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, overload

from ..core import Document
from ..errors import DataError, UnknownNameError
from ..files import fingerprint, parse_json, read_jsonl, read_text, write_jsonl
from .base import Immutable

SHAPES = '{"id", "title", "text"}, {"_id", "title", "text"} or {"id", "contents": "Title\\ntext"}'
"""The records that can be read as documents, for messages."""

_KNOWN = {"id", "_id", "title", "text", "contents", "content", "source", "metadata"}


class Corpus(Immutable, Sequence[Document]):
    """Documents with unique ids, in their given order. Immutable.

    Args:
        documents: The documents.

    Raises:
        DataError: If two documents share an id, or something is no document.

    >>> corpus = Corpus([Document("a", "Ada", "A mathematician."), Document("b", "Bob", "")])
    >>> corpus
    Corpus(2 documents)
    >>> corpus.by_id("a").title
    'Ada'
    """

    def __init__(self, documents: Iterable[Document]) -> None:
        self._documents = tuple(documents)
        self._positions: dict[str, int] = {}
        for position, document in enumerate(self._documents):
            if not isinstance(document, Document):
                raise DataError(
                    f"Document {position} is a {type(document).__name__}, not a "
                    "hopgym.core.Document; `hopgym.retrieval.read_documents(path)` reads a file."
                )
            check_fields(document, position)
            first = self._positions.setdefault(document.id, position)
            if first != position:
                raise DataError(
                    f"Documents {first} and {position} both have the id {document.id!r}; "
                    "ids name documents, so give each its own."
                )

    @classmethod
    def of(cls, documents: Iterable[Document]) -> Corpus:
        """Return a corpus as it is, so that it is checked and hashed once, or make one."""
        return documents if isinstance(documents, Corpus) else cls(documents)

    def __len__(self) -> int:
        return len(self._documents)

    def __iter__(self) -> Iterator[Document]:
        return iter(self._documents)

    @overload
    def __getitem__(self, index: int) -> Document: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Document, ...]: ...
    def __getitem__(self, index: int | slice) -> Document | tuple[Document, ...]:
        return self._documents[index]

    def __repr__(self) -> str:
        return f"Corpus({len(self)} documents)"

    def by_id(self, id: str) -> Document:
        """Return the document of an id.

        Raises:
            UnknownNameError: If there is none.
        """
        try:
            return self._documents[self._positions[id]]
        except KeyError:
            raise UnknownNameError(
                f"No document has the id {id!r} in this corpus of {len(self)} documents."
            ) from None

    @cached_property
    def fingerprint(self) -> str:
        """A name of the content; the order of the documents does not matter.

        Raises:
            DataError: If a document holds what JSON cannot.
        """
        try:
            return fingerprint(self.by_rank())
        except (TypeError, ValueError, RecursionError) as error:
            raise DataError(
                f"The corpus cannot be written as JSON ({error}): a document's metadata may hold "
                "only JSON values, and its text only valid Unicode. Mend the document."
            ) from error

    def by_rank(self) -> list[Document]:
        """Return the documents in the order of their ids, which breaks all ties."""
        return sorted(self._documents, key=lambda document: document.id)


def check_fields(document: Document, position: int) -> None:
    """Refuse what can be searched, and then neither saved nor loaded."""
    for name in ("id", "title", "text", "source"):
        value = getattr(document, name)
        if not isinstance(value, str):
            raise DataError(
                f"The {name} of document {position} is a {type(value).__name__}, not a string: "
                f"{value!r:.60}. Write it as one."
            )


def read_documents(path: str | Path) -> list[Document]:
    r"""Read a corpus file: JSON lines or one JSON list, plain or `.gz`.

    A record is `{id, title, text}` with an optional `source` and `metadata`; the id may be called
    `_id` (BEIR). `{id, contents}` holds the title in its first line, with or without quotation
    marks (FlashRAG, Search-R1). A record without an id is named by its position, from 0. Fields
    beyond these go into the metadata.

    Raises:
        DataError: If the file is missing, empty or not JSON, or a record lacks its text; the
            message names the file, the line and the field.
    """
    documents = [
        _document(record, str(position), where)
        for position, (where, record) in enumerate(_records(path))
    ]
    if not documents:
        raise DataError(f"{path}: holds no documents. Each line is one, as {SHAPES}.")
    return documents


def write_documents(path: str | Path, documents: Iterable[Document]) -> int:
    """Write documents as JSON lines, atomically, so that `read_documents` reads them back.

    Returns:
        How many were written.
    """
    return write_jsonl(path, documents)


def _records(path: str | Path) -> Iterator[tuple[str, Any]]:
    """Yield `(place, record)`, from a list if the file begins with a bracket."""
    lines = read_jsonl(path)
    try:
        number, first = next(lines)
    except StopIteration:
        return
    except DataError as error:
        # a list over several lines is no JSON in its first line
        text = read_text(path)
        if not text.lstrip().startswith("["):
            raise error
        first, number, lines = parse_json(text, str(path)), 0, iter(())
    if isinstance(first, list):
        if extra := next(lines, None):
            raise DataError(f"{path}:{extra[0]}: follows a JSON list; write a list or JSON lines.")
        yield from ((f"{path}: record {n}", record) for n, record in enumerate(first))
        return
    yield f"{path}:{number}", first
    yield from ((f"{path}:{number}", record) for number, record in lines)


def _document(record: Any, position: str, where: str) -> Document:
    if not isinstance(record, Mapping):
        raise DataError(f"{where}: is a {type(record).__name__}, not a record as {SHAPES}.")
    id = record.get("id", record.get("_id", position))
    if not isinstance(id, str | int) or isinstance(id, bool) or id == "":
        raise DataError(f"{where}: 'id' is {id!r}; give a string or a whole number.")
    title, text = _title_and_text(record, where)
    source, metadata = _source_and_metadata(record, where)
    return Document(str(id), title, text, source, metadata)


def _title_and_text(record: Mapping[str, Any], where: str) -> tuple[str, str]:
    field = next((name for name in ("text", "contents", "content") if name in record), None)
    if field is None:
        fields = ", ".join(map(repr, record)) or "nothing"
        raise DataError(f"{where}: has no 'text'; it has {fields}. Write a record as {SHAPES}.")
    text = _string(record, field, where)
    if field != "text" and "title" not in record:
        first, newline, rest = text.partition("\n")
        return (_unquoted(first.strip()), rest) if newline else ("", text)
    return (_string(record, "title", where) if record.get("title") is not None else ""), text


def _unquoted(title: str) -> str:
    whole = len(title) > 1 and title[0] == title[-1] == '"'
    return title[1:-1] if whole else title


def _source_and_metadata(record: Mapping[str, Any], where: str) -> tuple[str, dict[str, Any]]:
    metadata = record.get("metadata") or {}
    if not isinstance(metadata, Mapping):
        raise DataError(f"{where}: 'metadata' is {metadata!r}; give a record or leave it out.")
    rest = {name: value for name, value in record.items() if name not in _KNOWN}
    source = record.get("source") or "General"
    if isinstance(source, list):  # a passage of several collections keeps them all
        rest["sources"], source = source, source[0]
    if not isinstance(source, str):
        raise DataError(f"{where}: 'source' is {source!r}; give a string or a list of strings.")
    return source, {**metadata, **rest}


def _string(record: Mapping[str, Any], field: str, where: str) -> str:
    value = record[field]
    if not isinstance(value, str):
        raise DataError(
            f"{where}: {field!r} is a {type(value).__name__}, not a string. Join its parts."
        )
    return value
