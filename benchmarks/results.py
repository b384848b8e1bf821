"""Results files: append-only JSON lines, one file for each task and agent.

A file survives being killed at any moment: what was appended stays, half a line is cut off, and
the run goes on where it stopped. When all is played, the file is *sealed*: rewritten in one canonical
order, so that an interrupted run leaves the same file as an undisturbed one. It knows records and
nothing of how episodes are played.
"""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from ..core import from_json
from ..errors import ResultsError
from ..files import atomic_write
from .locks import Lock
from .mending import UNREADABLE, check_ours, cut_half_line, foreign, sweep, told
from .records import Key, Protocol, Record, encode

SUFFIX = ".jsonl"

_NAMED = re.compile(rf"[\w.-]+--[\w.-]+{re.escape(SUFFIX)}")
"""How results files are called: the task, two dashes, the agent."""


class ResultsFile:
    """The records of one task and agent, open for appending.

    Use it in a `with` statement; only one process at a time can hold it.

    Args:
        folder: The results folder; created if needed.
        protocol: What this run plays. A file of another protocol is refused.
        agent_spec: What the agent was named by, if by text. A file of another agent of the same
            name is refused, `fresh` or not.
        fresh: Whether to begin anew. What the file held stays until the first record is appended.

    Raises:
        ResultsError: If another run writes it, or it cannot be continued; the message says
            what differs and what to do.
    """

    def __init__(
        self,
        folder: str | Path,
        protocol: Protocol,
        *,
        agent_spec: str = "",
        fresh: bool = False,
    ) -> None:
        self.path = Path(folder) / f"{slug(protocol.task)}--{slug(protocol.agent)}{SUFFIX}"
        with told(f"{folder} cannot be a results folder"):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        self._fresh = fresh
        self._stream: FileIO | None = None  # a run that fails before it plays leaves no file
        self._records: dict[Key, Record] = {}
        with told(f"{self.path} cannot be written"):
            self._lock = Lock(self.path)
        try:
            with told(f"{self.path} cannot be written"):
                sweep(self.path)
                first = check_ours(self.path)
                if first is not None:
                    check_same_agent(self.path, first, protocol, agent_spec)
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
        with told(f"{self.path} cannot be written"):
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
        with told(f"{self.path} cannot be written"):
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


def check_same_agent(path: Path, record: Record, protocol: Protocol, spec: str) -> None:
    """Refuse a file of another agent that has the same name, even to begin it anew.

    An edited agent is named as before; an agent that has moved has the same fingerprint.

    Raises:
        ResultsError: If the record's agent was named otherwise and is not known to be the same.
    """
    known = record.agent_fingerprint and record.agent_fingerprint == protocol.agent_fingerprint
    if known or not spec or not record.agent_spec or _place(spec) == _place(record.agent_spec):
        return
    command = f", played by: {record.command}" if record.command else ""
    raise ResultsError(
        f"{path} holds results of another agent called {record.agent!r}: {record.agent_spec!r}, "
        f"not {spec!r}{command}. Give the function or class another name, or the agent another "
        "`name` attribute, or choose another --out. --fresh does not replace results of another "
        "agent."
    )


def _place(spec: str) -> str:
    """Return a specification with its file's full path: `./a.py:play` names what `a.py:play` does."""
    source, _, attribute = spec.rpartition(":")
    return f"{Path(source).resolve()}:{attribute}" if source.endswith(".py") else spec


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
        except UNREADABLE as error:
            if number == 1:
                raise foreign(path, str(error)) from error
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
    """Files of the same suffix that hold something else, and are not named as results are."""


def find_results(folders: Iterable[str | Path]) -> Found:
    """Return the results files in folders (and their sub-folders), or the files themselves.

    Raises:
        ResultsError: If a path does not exist or holds no results, or a results file is damaged.
    """
    results: dict[Path, None] = {}
    others: dict[Path, None] = {}
    for folder in map(Path, folders):
        files = [folder] if folder.is_file() else _files(folder)
        foreign = [file for file in files if not _is_results(file, asked=file == folder)]
        if len(foreign) == len(files):
            found = f"none of its {len(files)} *{SUFFIX} files is" if files else "it holds none"
            raise ResultsError(
                f"No results in {str(folder)!r}: {found}. "
                f"Make some with: hopgym bench --out {shlex.quote(str(folder))}"
            )
        others.update(dict.fromkeys(foreign))
        results.update(dict.fromkeys(file for file in files if file not in foreign))
    return Found(list(results), list(others))


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
    try:
        with open(path, "rb") as stream:
            for number, line in enumerate(stream, 1):
                if line.endswith(b"\n") and line.strip():
                    yield number, line
    except OSError as error:
        raise ResultsError(f"{path} cannot be read ({error.strerror or error}).") from error


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise ResultsError(f"No folder {str(folder)!r}. It is looked for from {Path.cwd()}.")
    return [file for file in sorted(folder.rglob(f"*{SUFFIX}")) if not file.name.startswith(".")]


def _is_results(file: Path, *, asked: bool) -> bool:
    """Whether the first line is a record; an empty file may be a run's that has just begun.

    Raises:
        ResultsError: If it is not, but the file was asked for, or is named as `bench` names its own.
    """
    try:
        check_ours(file)
    except OSError as error:
        raise ResultsError(f"{file} cannot be read ({error.strerror or error}).") from error
    except ResultsError:
        if asked or _NAMED.fullmatch(file.name):
            raise  # left out, its agent would be missing from the board
        return False
    return True
