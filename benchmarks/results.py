"""Results files: append-only JSON lines, one file for each task and agent.

A file survives being killed at any moment: what was appended stays, half a line is cut off, and
the run goes on where it stopped. When all is played, the file is *sealed*: rewritten in one canonical
order, so that an interrupted run leaves the same file as an undisturbed one. It knows records and
nothing of how episodes are played.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from io import FileIO
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import msgspec

from ..core import from_json
from ..errors import ResultsError
from ..files import atomic_write
from .locks import Lock, lock_path
from .records import Key, Protocol, Record, encode

SUFFIX = ".jsonl"


class ResultsFile:
    """The records of one task and agent, open for appending.

    Use it in a `with` statement; only one process at a time can hold it.

    Args:
        folder: The results folder; created if needed.
        protocol: What this run plays. A file of another protocol is refused.
        fresh: Whether to begin anew. What the file held stays until the first record is appended.

    Raises:
        ResultsError: If another run writes it, or it cannot be continued; the message says
            what differs and what to do.
    """

    def __init__(self, folder: str | Path, protocol: Protocol, *, fresh: bool = False) -> None:
        self.path = Path(folder) / f"{slug(protocol.task)}--{slug(protocol.agent)}{SUFFIX}"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ResultsError(f"{folder} cannot be a results folder ({error}).") from error
        self._fresh = fresh
        self._stream: FileIO | None = None  # a run that fails before it plays leaves no file
        self._records: dict[Key, Record] = {}
        self._lock = Lock(self.path)
        try:
            sweep(self.path)
            if not fresh:
                self._go_on(protocol)
        except BaseException:
            self._lock.release()
            raise

    def __enter__(self) -> ResultsFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def records(self) -> list[Record]:
        """What the file holds so far, one for each episode."""
        return list(self._records.values())

    @property
    def done(self) -> set[Key]:
        """The episodes that need not be played again; those with an error do."""
        return {key for key, record in self._records.items() if record.error is None}

    def append(self, record: Record) -> None:
        """Write one record; when this returns, killing the process loses nothing."""
        line = encode(record)
        if self._fresh:
            self._write_whole([line])
        else:
            self._append(line)
        _keep(self._records, record)

    def seal(self, order: Mapping[str, int]) -> None:
        """Rewrite the file, one line for each episode, by the questions' order and the seed.

        Args:
            order: The position of every question id; unknown ones follow, by id.
        """
        last = len(order)
        ranked = sorted(
            self._records.values(), key=lambda r: (order.get(r.question_id, last), r.key)
        )
        self._write_whole(encode(record) for record in ranked)

    def close(self) -> None:
        """Let others write the file."""
        self._close_stream()
        self._lock.release()

    def _go_on(self, protocol: Protocol) -> None:
        cut_half_line(self.path)
        self._records = read_records(self.path)
        for record in self._records.values():
            different = record.protocol.differences(protocol)
            if different:
                changed = record.agent_fingerprint != protocol.agent_fingerprint
                raise ResultsError(
                    f"{self.path} was played under other conditions ({'; '.join(different)})"
                    f"{': the agent itself has changed' if changed else ''}. "
                    "Choose another --out, or pass --fresh to play it anew."
                )

    def _append(self, line: bytes) -> None:
        if self._stream is None:
            self._stream = open(self.path, "ab", buffering=0)  # noqa: SIM115 (closed by close)
        written = self._stream.write(line)
        while written < len(line):
            written += self._stream.write(line[written:])

    def _write_whole(self, lines: Iterable[bytes]) -> None:
        self._close_stream()
        with atomic_write(self.path) as stream:
            stream.writelines(lines)
        self._fresh = False

    def _close_stream(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None


def read_records(path: Path) -> dict[Key, Record]:
    """Read a results file; of several records of an episode, a scored one counts.

    A missing file holds no records. A last line without its end is left out, not refused: a run
    may be writing it.

    Raises:
        ResultsError: If the first line is no record, or a later one is not or is of another agent
            than the lines before it; the message names the line.
    """
    records: dict[Key, Record] = {}
    first: Protocol | None = None
    for number, line in _whole_lines(path):
        try:
            record = from_json(line, Record)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            if first is None:
                raise ResultsError(
                    f"{path} is no results file: its first line is no record ({error}). "
                    "Results files are what `hopgym bench --out` writes."
                ) from error
            raise ResultsError(
                f"{path}:{number}: not a record ({error}). Remove this line; its episode is "
                "played again by the next run."
            ) from error
        first = first or record.protocol
        if record.protocol != first:  # kept by episode, one of the two would hide the other
            raise ResultsError(
                f"{path}:{number}: of another agent or other conditions than the lines before it "
                f"({'; '.join(record.protocol.differences(first))}). Give each its own file."
            )
        _keep(records, record)
    return records


class Found(NamedTuple):
    """What there is in some folders."""

    results: list[Path]
    others: list[Path]
    """Files of the same suffix that hold something else."""


def find_results(folders: Iterable[str | Path]) -> Found:
    """Return the results files in folders (and their sub-folders), or the files themselves.

    Raises:
        ResultsError: If a path does not exist or holds no results.
    """
    results: dict[Path, None] = {}
    others: dict[Path, None] = {}
    for folder in map(Path, folders):
        files = [folder] if folder.is_file() else _files(folder)
        foreign = [file for file in files if folder.is_dir() and not _is_results(file)]
        if len(foreign) == len(files):
            told = f"none of its {len(files)} *{SUFFIX} files is" if files else "it holds none"
            raise ResultsError(
                f"No results in {str(folder)!r}: {told}. "
                f"Make some with: hopgym bench --out {folder}"
            )
        others.update(dict.fromkeys(foreign))
        results.update(dict.fromkeys(file for file in files if file not in foreign))
    return Found(list(results), list(others))


def cut_half_line(path: Path) -> None:
    """Cut off what a killed run left of its last line: no line feed, or no JSON before it."""
    if not path.exists():
        return
    data = path.read_bytes()
    end = data.rfind(b"\n") + 1
    start = data.rfind(b"\n", 0, max(end - 1, 0)) + 1
    if end and not _is_json(data[start:end]):
        end = start
    if end < len(data):
        os.truncate(path, end)


def sweep(path: Path) -> None:
    """Remove what a run left that was killed while it sealed the file. Needs the file's lock."""
    lock = lock_path(path)
    for other in path.parent.iterdir():
        if other.name.startswith(f".{path.name}.") and other != lock:
            other.unlink(missing_ok=True)


def slug(name: str) -> str:
    """Return a file name for a name; two names never share one.

    >>> slug("closed_book"), slug("my/agent.py:Best")
    ('closed_book', 'my-agent.py-Best-765cd687')
    """
    plain = re.sub(r"[^A-Za-z0-9._]+", "-", name).strip("-.")[:80]
    if plain == name:
        return name
    return f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}".lstrip("-")


def _keep(records: dict[Key, Record], record: Record) -> None:
    held = records.get(record.key)
    if held is None or held.error is not None:
        records[record.key] = record


def _whole_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    if not path.exists():
        return
    with open(path, "rb") as stream:
        for number, line in enumerate(stream, 1):
            if line.endswith(b"\n") and line.strip():
                yield number, line


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise ResultsError(f"No folder {str(folder)!r}. It is looked for from {Path.cwd()}.")
    return [file for file in sorted(folder.rglob(f"*{SUFFIX}")) if not file.name.startswith(".")]


def _is_results(file: Path) -> bool:
    """Whether the first line is a record; an empty file may be a run's that has just begun."""
    try:
        return all(from_json(line, Record) for _, line in islice(_whole_lines(file), 1))
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True
