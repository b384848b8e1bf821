"""Replies on disk: what was judged once is never paid for again.

One SQLite file, safe for the processes of one machine. A reply is kept under the digest of who was
asked what about which claim, so that another model, prompt or setting finds nothing of it. Only
good replies come here; one that cannot be read again counts as absent. Used by sessions.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

from ...errors import DataError, RewardError

FILE = "verdicts.sqlite"

_APPLICATION = 0x686F706A  # marks a database as ours
_PATIENCE = 60.0  # seconds to wait for another process that writes
_AT_ONCE = 500  # SQLite takes no more than 999 values in a statement of old versions
_TABLE = (
    "CREATE TABLE IF NOT EXISTS replies (key BLOB PRIMARY KEY, reply TEXT NOT NULL) WITHOUT ROWID"
)


class Replies:
    """The replies in a folder, over one connection. For one thread at a time, and for one process.

    Args:
        folder: Where the file is; made if absent.

    Raises:
        DataError: If it cannot be, or its file is no such database.
    """

    def __init__(self, folder: str | Path) -> None:
        self.file = Path(folder) / FILE
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(
                self.file, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
            )
            self._prepare()
        except (OSError, sqlite3.Error) as error:
            raise DataError(
                f"{self.file}: cannot be a cache of verdicts ({error}). Give another folder, or "
                "remove that file."
            ) from error

    def _prepare(self) -> None:
        self._write_ahead()
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.execute("BEGIN IMMEDIATE")  # or another process makes it in between
        try:
            (mark,) = self._database.execute("PRAGMA application_id").fetchone()
            (tables,) = self._database.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if mark != _APPLICATION and tables:
                raise DataError(f"{self.file}: is no cache of verdicts. Give another folder.")
            if not tables:
                self._database.execute(f"PRAGMA application_id = {_APPLICATION}")
                self._database.execute(_TABLE)
        finally:
            self._database.execute("COMMIT")

    def _write_ahead(self) -> None:
        """Let readers not wait for a writer.

        Where two processes open a new file at once, SQLite refuses one of them at once and not after
        its timeout, so it is asked again.
        """
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                self._database.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.01)

    def get(self, keys: Iterable[bytes]) -> dict[bytes, str]:
        """Return the replies that there are.

        Raises:
            RewardError: If the file cannot be read.
        """
        wanted = list(keys)
        found: dict[bytes, str] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            part = wanted[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(part))
            found |= self._rows(f"SELECT key, reply FROM replies WHERE key IN ({marks})", part)
        return found

    def put(self, key: bytes, reply: str) -> None:
        """Keep a reply, at once and for good.

        Raises:
            RewardError: If the file cannot be written.
        """
        self._rows("INSERT OR REPLACE INTO replies VALUES (?, ?)", (key, reply))

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def _rows(self, query: str, values: Sequence[object]) -> dict[bytes, str]:
        try:
            with closing(self._database.execute(query, values)) as cursor:
                return dict(cursor.fetchall())
        except sqlite3.Error as error:
            raise RewardError(
                f"{self.file}: the cache of verdicts failed ({error}). Mend or remove it, or judge "
                "without a cache."
            ) from error
