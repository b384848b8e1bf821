"""The journal of a collection: one line for its conditions, then one for each attempt, as it ends.

It survives being killed at any moment: what was appended stays, half a line is cut off, and the
same command goes on where it stopped. A journal of other conditions is refused. Trajectories stay
in the file until they are asked for. It knows nothing of how episodes are played or judged.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import msgspec

from ...core import Trajectory, from_json, to_json
from ...errors import ResultsError

try:
    import fcntl
except ImportError:  # Windows: no lock; two runs at once would disturb each other
    fcntl = None  # type: ignore[assignment]

_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_BEGINNING = b'{"expert_journal":'


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """Everything that must be equal for attempts to stand in one journal."""

    expert_journal: int = 1
    """The form of the file; the first field, by which it is known."""
    env_id: str
    env_kwargs: Mapping[str, Any]
    questions: str
    split: str
    dataset_fingerprint: str
    retriever_fingerprint: str
    agents: tuple[str, ...]
    """Who played first, and who then, each with what tells it from a changed one."""
    accept: tuple[str, ...]
    info: Mapping[str, Any]
    """What the environment's infos say of the grammar, the same in every episode."""
    hopgym_version: str

    def differences(self, other: Conditions) -> list[str]:
        """Return `field: mine, not theirs` for each that differs, compared as JSON."""
        pairs = [(f.name, getattr(self, f.name), getattr(other, f.name)) for f in fields(self)]
        told = [(name, _told(mine), _told(theirs)) for name, mine, theirs in pairs]
        return [f"{name}: {mine}, not {theirs}" for name, mine, theirs in told if mine != theirs]


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One episode that was played, and the ruling on it."""

    question_id: str
    attempt: int
    """From 1; it was played with the seed below it."""
    accepted: bool = False
    reason: str = ""
    error: str | None = None
    """A failure of infrastructure. Such an attempt counts for nothing and is made again."""
    trajectory: Trajectory | None = None


class Mark(NamedTuple):
    """What is kept in memory of an attempt: whether it was accepted, and where its line stands."""

    accepted: bool
    offset: int


@dataclass
class Journal:
    """The attempts of one collection, open for appending, in a `with` statement.

    Args:
        path: The file.
        conditions: Those of this run.
        fresh: Whether to begin anew. What the file held stays until the first attempt is appended.

    Raises:
        ResultsError: If another run writes it, it is of other conditions, or it is damaged.
    """

    path: Path
    conditions: Conditions
    fresh: bool = False
    marks: dict[tuple[str, int], Mark] = field(default_factory=dict, init=False)
    """Those that count, by question and attempt."""
    _stream: FileIO | None = field(default=None, init=False)

    def __enter__(self) -> Journal:
        with _system(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._stream = open(self.path, "a+b", buffering=0)
        try:
            self._lock()
            if not self.fresh:
                self._go_on()
            elif self._first_line():
                _check_ours(self.path, self._first_line())
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def append(self, attempt: Attempt) -> None:
        """Write one attempt; when this returns, killing the process loses nothing."""
        stream = self._opened
        with _system(self.path):
            if self.fresh:
                stream.truncate(0)
                self.fresh = False
            if not stream.seek(0, os.SEEK_END):
                self._write(to_json(self.conditions) + b"\n")
            offset = stream.seek(0, os.SEEK_END)
            self._write(to_json(attempt) + b"\n")
        self._keep(attempt, offset)

    def accepted(self, question_id: str, attempts: int) -> bool:
        """Return whether one of the first so many attempts at a question was accepted."""
        marks = (self.marks.get((question_id, n)) for n in range(1, attempts + 1))
        return any(mark.accepted for mark in marks if mark)

    def attempts(self, question_id: str, attempts: int) -> list[Attempt]:
        """Read the attempts at a question that count, up to the first accepted."""
        found = []
        for number in range(1, attempts + 1):
            mark = self.marks.get((question_id, number))
            if mark is not None:
                self._opened.seek(mark.offset)
                found.append(from_json(self._opened.readline(), Attempt))
                if mark.accepted:
                    break
        return found

    @property
    def _opened(self) -> FileIO:
        if self._stream is None:
            raise ResultsError(f"{self.path} is not open. Use the journal in a `with` statement.")
        return self._stream

    def _go_on(self) -> None:
        """Take over what the file holds, without half a line."""
        end, first = 0, True
        for offset, line in self._lines():
            end = offset + len(line)
            if first:
                self._check_conditions(line)
            else:
                self._keep(_attempt(self.path, offset, line), offset)
            first = False
        with _system(self.path):
            if first:
                _check_ours(self.path, self._first_line())
            self._opened.truncate(end)

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        offset = 0
        with open(self.path, "rb") as stream:
            for line in stream:
                if line.endswith(b"\n"):
                    yield offset, line
                offset += len(line)

    def _first_line(self) -> bytes:
        with open(self.path, "rb") as stream:
            return stream.readline()

    def _check_conditions(self, line: bytes) -> None:
        _check_ours(self.path, line)
        try:
            held = from_json(line, Conditions)
        except _UNREADABLE as error:
            raise _foreign(self.path, str(error)) from error
        different = held.differences(self.conditions)
        if different:
            raise ResultsError(
                f"{self.path} was collected under other conditions ({'; '.join(different)}). "
                "Choose another --out, or pass --fresh to collect anew."
            )

    def _keep(self, attempt: Attempt, offset: int) -> None:
        key = (attempt.question_id, attempt.attempt)
        if attempt.error is None and key not in self.marks:
            self.marks[key] = Mark(attempt.accepted, offset)

    def _write(self, line: bytes) -> None:
        written = 0
        while written < len(line):
            written += self._opened.write(line[written:]) or 0

    def _lock(self) -> None:
        if fcntl is None:
            return
        try:
            fcntl.flock(self._opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ResultsError(
                f"{self.path} is being written by another run. Wait for it, or choose another --out."
            ) from None

    def _close(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None


def _attempt(path: Path, offset: int, line: bytes) -> Attempt:
    try:
        return from_json(line, Attempt)
    except _UNREADABLE as error:
        raise ResultsError(
            f"{path}: the line at byte {offset} is no attempt ({error}). Remove it; the attempt "
            "is made again by the next run."
        ) from error


def _check_ours(path: Path, first: bytes) -> None:
    """Refuse a file that no collection has begun: it would be cut, or replaced."""
    if not (first.startswith(_BEGINNING) or _BEGINNING.startswith(first)):
        raise _foreign(path, "its first line is something else")


def _foreign(path: Path, problem: str) -> ResultsError:
    return ResultsError(
        f"{path} is no journal of `hopgym expert collect`, or a damaged one ({problem}). Move it "
        "elsewhere, or choose another --out."
    )


def _told(value: Any) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()


@contextmanager
def _system(path: Path) -> Iterator[None]:
    """Make what the system refuses (no space, no right) an error of ours."""
    try:
        yield
    except OSError as error:
        raise ResultsError(
            f"{path} cannot be written ({error.strerror or error}). Mend that, or choose another "
            "--out; what was collected is kept."
        ) from error
