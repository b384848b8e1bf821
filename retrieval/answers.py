"""Answers on disk: what retrievers found, by who was asked what, and for how many hits.

One SQLite file of JSON, safe for the threads and processes of one machine. What a batch brought is
kept as a whole or not at all. Documents are kept once, under the digest of their content. Used by
cached; it knows no retriever.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msgspec

from ..core import Document, from_json, to_json
from ..errors import DataError, RetrievalError

_APPLICATION = 0x686F7067  # marks a database as ours
_PATIENCE = 60.0  # seconds to wait for another process that writes
_AT_ONCE = 500  # SQLite takes no more than 999 values in a statement of old versions

_TABLES = (
    "CREATE TABLE IF NOT EXISTS retrievers (fingerprint TEXT PRIMARY KEY, corpus TEXT NOT NULL)"
    " WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS answers (key BLOB PRIMARY KEY, retriever TEXT NOT NULL,"
    " query TEXT NOT NULL, k INTEGER NOT NULL, hits BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS documents (key BLOB PRIMARY KEY, document BLOB NOT NULL)"
    " WITHOUT ROWID",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """One row of hits."""

    documents: Sequence[Document]
    scores: Sequence[float]
    components: Sequence[Mapping[str, float]] | None = None


@dataclass(frozen=True, slots=True)
class _Kept:
    documents: list[bytes]
    scores: list[float]
    components: list[dict[str, float]] | None = None


class Answers:
    """The answers in a file.

    Args:
        file: The database; made with its folder if absent.
        writable: Whether answers can be added; if not, the file is only read and must exist.

    Raises:
        DataError: If the file is no such database, or absent where it must exist.
    """

    def __init__(self, file: Path, *, writable: bool = True) -> None:
        self._file = file
        self._writable = writable
        if not writable and not file.is_file():
            raise DataError(f"{file}: does not exist, so there is nothing to replay.")
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._prepare()
        except RetrievalError as error:
            raise DataError(f"{error} Give another folder, or remove that file.") from error

    def _prepare(self) -> None:
        with self._database() as database:
            if self._writable:  # or another process may make it between the look and the making
                database.execute("BEGIN IMMEDIATE")
            (mark,) = database.execute("PRAGMA application_id").fetchone()
            (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if mark != _APPLICATION and (tables or not self._writable):
                raise DataError(f"{self._file}: is no cache of ours. Give another folder.")
            if self._writable and tables < len(_TABLES):
                database.execute(f"PRAGMA application_id = {_APPLICATION}")
                for table in _TABLES:
                    database.execute(table)

    def retrievers(self) -> dict[str, str]:
        """Return whose answers there are, by fingerprint, with the corpus of each, "" if unknown."""
        with self._database() as database:
            return dict(database.execute("SELECT fingerprint, corpus FROM retrievers").fetchall())

    def enter(self, retriever: str, corpus: str) -> None:
        """Note that a retriever's answers are kept here, and what it searches."""
        with self._database() as database:
            database.execute(
                "INSERT INTO retrievers VALUES (?, ?) ON CONFLICT DO UPDATE SET"
                " corpus = excluded.corpus WHERE corpus = ''",
                (retriever, corpus),
            )

    def get(self, retriever: str, queries: Iterable[str], k: int) -> dict[str, Answer]:
        """Return the answers that there are to queries.

        Raises:
            RetrievalError: If the file cannot be read.
        """
        keys = {query: _key(retriever, query, k) for query in queries}
        with self._database() as database:
            found = _select(database, "answers", "hits", list(keys.values()))
            kept = {
                query: msgspec.json.decode(found[key], type=_Kept)
                for query, key in keys.items()
                if key in found
            }
            digests = {digest for one in kept.values() for digest in one.documents}
            stored = _select(database, "documents", "document", sorted(digests))
            documents = {digest: from_json(data, Document) for digest, data in stored.items()}
            return _answers(kept, documents)

    def put(self, retriever: str, answers: Mapping[str, Answer], k: int) -> dict[str, Answer]:
        """Keep the answers to queries, all of them or none.

        Returns:
            What `get` will: a document's metadata may be another after its way through JSON.

        Raises:
            RetrievalError: If the file cannot be written, a document holds what JSON cannot, or
                a score is no finite number.
        """
        documents: dict[bytes, bytes] = {}
        restored: dict[bytes, Document] = {}
        every: dict[str, _Kept] = {}
        rows: list[tuple[bytes, str, str, int, bytes]] = []
        for query, answer in answers.items():
            encoded = [_encoded(document) for document in answer.documents]
            digests = [sha256(one).digest() for one, _ in encoded]
            for digest, (data, document) in zip(digests, encoded, strict=True):
                documents[digest], restored[digest] = data, document
            every[query] = kept = _Kept(digests, *_numbers(query, answer))
            readable = query.encode("utf-8", "replace").decode()
            rows.append((_key(retriever, query, k), retriever, readable, k, to_json(kept)))
        with self._database() as database:
            database.executemany(
                "INSERT OR IGNORE INTO documents VALUES (?, ?)", sorted(documents.items())
            )
            database.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?)", rows)
        return _answers(every, restored)

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        """Open the database for one transaction: threads and forks share no connection."""
        address = f"{self._file.absolute().as_uri()}?mode={'rwc' if self._writable else 'ro'}"
        try:
            connection = sqlite3.connect(address, timeout=_PATIENCE, uri=True)
            with closing(connection) as database, database:
                yield database
        except (sqlite3.Error, msgspec.MsgspecError, KeyError) as error:
            raise RetrievalError(f"{self._file}: the cache failed ({error}).") from error


def _answers(kept: Mapping[str, _Kept], documents: Mapping[bytes, Document]) -> dict[str, Answer]:
    return {
        query: Answer([documents[d] for d in one.documents], one.scores, one.components)
        for query, one in kept.items()
    }


def _numbers(query: str, answer: Answer) -> tuple[list[float], list[dict[str, float]] | None]:
    """Return the scores and components, or refuse those that JSON writes as null."""
    scores = [float(score) for score in answer.scores]
    parts = None
    if answer.components is not None:
        parts = [{name: float(part[name]) for name in part} for part in answer.components]
    for number in (*scores, *(number for part in parts or () for number in part.values())):
        if not math.isfinite(number):
            raise RetrievalError(
                f"A score of the query {query!r:.100} is {number}, so its hits have no order and "
                "are not kept. Mend the retriever: it must give finite scores."
            )
    return scores, parts


def _encoded(document: Document) -> tuple[bytes, Document]:
    """Return a document's JSON and what will be read from it."""
    try:
        data = to_json(document)
        return data, from_json(data, Document)
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError) as error:
        raise RetrievalError(
            f"The document {document.id!r} cannot be kept: it holds what JSON cannot ({error})."
        ) from error


def _key(retriever: str, query: str, k: int) -> bytes:
    text = query.encode("utf-8", "surrogatepass")
    return sha256(f"{retriever}\n{k}\n".encode() + text).digest()


def _select(
    database: sqlite3.Connection, table: str, column: str, keys: Sequence[bytes]
) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    for start in range(0, len(keys), _AT_ONCE):
        part = keys[start : start + _AT_ONCE]
        marks = ", ".join("?" * len(part))
        found |= database.execute(
            f"SELECT key, {column} FROM {table} WHERE key IN ({marks})", part
        ).fetchall()
    return found
