"""A retriever whose answers are kept on disk: to repeat an experiment, or to pay once.

An answer is kept under what was asked and of whom: the fingerprint of the inner retriever, the
query and the number of hits, so that no index, setting or k is ever answered with another's hits.
The file is one SQLite database of JSON, safe for the threads and processes of one machine; a
failed search keeps nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal, get_args

import msgspec

from ..core import Document, from_json, to_json
from ..errors import ConfigError, DataError, RetrievalError
from .base import Hits, Retriever, check_k, check_queries
from .children import ask

Mode = Literal["record", "replay", "readwrite"]
"""`record` always asks and keeps; `replay` never asks; `readwrite` asks for what it lacks."""

FILE = "answers.sqlite3"
_APPLICATION = 0x686F7067  # marks a database as ours
_PATIENCE = 60.0  # seconds to wait for another process that writes
_AT_ONCE = 500  # SQLite takes no more than 999 values in a statement of old versions

_TABLES = (
    "CREATE TABLE IF NOT EXISTS answers (key BLOB PRIMARY KEY, retriever TEXT NOT NULL,"
    " query TEXT NOT NULL, k INTEGER NOT NULL, hits BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS documents (key BLOB PRIMARY KEY, document BLOB NOT NULL)"
    " WITHOUT ROWID",
)


@dataclass(frozen=True, slots=True)
class _Answer:
    """One row of hits; documents are kept once, under the digest of their content."""

    documents: list[bytes]
    scores: list[float]
    components: list[dict[str, float]] | None = None


class CachedRetriever:
    """Answers from disk what was asked before.

    Args:
        inner: The retriever to ask. To replay, None will do if the folder holds the answers of
            one retriever only: neither its index nor its service is needed.
        folder: Where answers are kept; made if absent. Several retrievers may share it.
        mode: `"readwrite"`, `"record"` or `"replay"`.

    Raises:
        ConfigError: If there is no such mode, or no inner retriever where one is needed.
        DataError: If the folder holds no cache of ours.
    """

    def __init__(
        self, inner: Retriever | None, folder: str | Path, mode: Mode = "readwrite"
    ) -> None:
        if mode not in get_args(Mode):
            raise ConfigError(f"mode is {mode!r}; it is one of: {', '.join(get_args(Mode))}.")
        if inner is None and mode != "replay":
            raise ConfigError(
                f'mode is {mode!r}, which asks: give an inner retriever, or "replay".'
            )
        if inner is not None and (not isinstance(inner, Retriever) or isinstance(inner, type)):
            raise ConfigError(
                f"{inner!r:.100} is no retriever; `make_retriever` makes one by name."
            )
        self.inner = inner
        """The retriever that is asked."""
        self.mode = mode
        self._file = Path(folder) / FILE
        self._prepare()
        self.fingerprint = inner.fingerprint if inner is not None else self._only_one()
        """The inner retriever's: the hits are the same."""

    def search(self, queries: Sequence[str], k: int) -> Hits:
        """Return the kept hits, or the inner retriever's.

        Raises:
            RetrievalError: If the cache replays and has no answer, or cannot be read or written.
        """
        check_k(k)
        check_queries(queries)
        keys = {query: _key(self.fingerprint, query, int(k)) for query in queries}
        kept = {} if self.mode == "record" else self._kept(keys)
        missing = [query for query in keys if query not in kept]
        if missing:
            kept |= self._asked(missing, int(k), keys)
        rows = [kept[query] for query in queries]
        plain = all(row.components is None for row in rows)
        return Hits(
            [[*row.documents] for row in rows],
            [[*row.scores] for row in rows],
            None if plain else [[*(row.components or [{}] * len(row.scores))] for row in rows],
        )

    def _kept(self, keys: Mapping[str, bytes]) -> dict[str, _Row]:
        with self._database() as database:
            found = _select(database, "answers", "hits", list(keys.values()))
            answers = {
                query: msgspec.json.decode(found[key], type=_Answer)
                for query, key in keys.items()
                if key in found
            }
            digests = {digest for answer in answers.values() for digest in answer.documents}
            stored = _select(database, "documents", "document", sorted(digests))
        documents = {digest: from_json(data, Document) for digest, data in stored.items()}
        return {
            query: _Row([documents[d] for d in one.documents], one.scores, one.components)
            for query, one in answers.items()
        }

    def _asked(self, queries: list[str], k: int, keys: Mapping[str, bytes]) -> dict[str, _Row]:
        if self.inner is None or self.mode == "replay":
            others = f" and {len(queries) - 1} more" if len(queries) > 1 else ""
            raise RetrievalError(
                f"{self._file}: has no answer of the retriever {self.fingerprint} to "
                f"{queries[0]!r:.100}{others} with k={k}. Replay asks nobody: record it first, "
                'with the same retriever and k, or set mode="readwrite".'
            )
        hits = ask(self.inner, type(self.inner).__name__, queries, k)
        rows = {query: _row(hits, n) for n, query in enumerate(queries)}
        self._keep([(keys[query], query, k, row) for query, row in rows.items()])
        return rows

    def _keep(self, rows: Sequence[tuple[bytes, str, int, _Row]]) -> None:
        answers: list[tuple[bytes, str, str, int, bytes]] = []
        documents: dict[bytes, bytes] = {}
        for key, query, k, row in rows:
            encoded = [to_json(document) for document in row.documents]
            digests = [sha256(one).digest() for one in encoded]
            documents.update(zip(digests, encoded, strict=True))
            answer = to_json(_Answer(digests, row.scores, row.components))
            readable = query.encode("utf-8", "replace").decode()
            answers.append((key, self.fingerprint, readable, k, answer))
        with self._database() as database:
            database.executemany(
                "INSERT OR IGNORE INTO documents VALUES (?, ?)", sorted(documents.items())
            )
            database.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?)", answers)

    def _prepare(self) -> None:
        if self.mode == "replay" and not self._file.is_file():
            raise DataError(f"{self._file}: does not exist, so there is nothing to replay.")
        self._file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self._database() as database:
                (mark,) = database.execute("PRAGMA application_id").fetchone()
                (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
                if mark != _APPLICATION and tables:
                    raise DataError(f"{self._file}: is no cache of ours. Give another folder.")
                database.execute(f"PRAGMA application_id = {_APPLICATION}")
                for table in _TABLES:
                    database.execute(table)
        except RetrievalError as error:
            raise DataError(f"{error} Give another folder, or remove that file.") from error

    def _only_one(self) -> str:
        with self._database() as database:
            found = database.execute("SELECT DISTINCT retriever FROM answers LIMIT 9").fetchall()
        if len(found) != 1:
            names = ", ".join(sorted(name for (name,) in found)) or "none"
            raise ConfigError(
                f"{self._file}: holds the answers of {len(found)} retrievers ({names}). "
                "Give the inner retriever, whose fingerprint says which to replay."
            )
        return str(found[0][0])

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        """Open the database for one transaction: threads and forks share no connection."""
        try:
            with closing(sqlite3.connect(self._file, timeout=_PATIENCE)) as database, database:
                yield database
        except (sqlite3.Error, msgspec.MsgspecError, KeyError) as error:
            raise RetrievalError(f"{self._file}: the cache failed ({error}).") from error

    def __repr__(self) -> str:
        return f"CachedRetriever({self.inner!r}, {str(self._file.parent)!r}, mode={self.mode!r})"


@dataclass(frozen=True, slots=True)
class _Row:
    documents: list[Document]
    scores: list[float]
    components: list[dict[str, float]] | None


def _row(hits: Hits, query: int) -> _Row:
    parts = hits.components
    return _Row(
        list(hits.documents[query]),
        [float(score) for score in hits.scores[query]],
        None if parts is None else [dict(part) for part in parts[query]],
    )


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
