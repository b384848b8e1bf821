"""Where a knowledge base is made: a folder beside the old one, kept when the work is interrupted.

    kb/data-building/plan.json          what is being made, of which files
    kb/data-building/part-000007.jsonl  passages ready to be indexed, behind a line that says
                                        where in the input the next part begins
    kb/data-building/index/             the index, whole or not there

A part appears whole or not at all, so that a process killed at any moment leaves a beginning that
the next run continues. Another plan starts over. The name begins like a data folder's: to
`saved`, what a killed build left behind is debris of our own, not a foreign file.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from errno import EDQUOT, EFBIG, ENOSPC
from pathlib import Path
from typing import Any

from ...core import Document, from_json, to_json
from ...errors import ConfigError, DataError
from ...files import atomic_write
from ..saved import MANIFEST, SaveError, _refuse_foreign, check_path, read_manifest
from .dedupe import Dropped

BUILDING = "data-building"
_PLAN = "plan.json"
_INDEX = "index"


@dataclass(frozen=True, slots=True)
class Position:
    """Where in the inputs the next part begins."""

    file: int = 0
    """Which of the inputs."""
    line: int = 0
    """The last line of it that has been read."""
    records: int = 0
    """How many records have been read, of all inputs."""
    done: bool = False
    """Whether there is nothing left."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a part says of itself, in its first line."""

    next: Position
    passages: int
    counts: dict[str, int] = field(default_factory=dict)
    dropped: list[Dropped] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class Staging:
    """The workplace of one build. Made by `staging`.

    Args:
        folder: The knowledge base.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / BUILDING
        self._parts = 0
        self.index = self._folder / _INDEX
        """Where the index is made."""

    def begin(self, plan: Any) -> None:
        """Continue the work on a plan, or start over if the work was on another."""
        wanted = to_json(plan)
        file = self._folder / _PLAN
        if self._folder.is_symlink():  # nothing of ours: a build works in its own folder only
            self._folder.unlink()
        if not file.is_file() or file.read_bytes() != wanted:
            shutil.rmtree(self._folder, ignore_errors=True)
            with atomic_write(file) as stream:
                stream.write(wanted)
        self._parts = 0
        while self._file(self._parts).is_file():
            self._parts += 1

    def parts(self) -> Iterator[tuple[Part, Iterator[Document]]]:
        """Yield the finished parts, in order, with their passages."""
        for number in range(self._parts):
            with open(self._file(number), "rb") as stream:
                part = from_json(stream.readline(), Part)
                yield part, (from_json(line, Document) for line in stream)

    def write(self, part: Part, passages: list[Document]) -> None:
        """Finish one more part."""
        with atomic_write(self._file(self._parts)) as stream:
            stream.write(to_json(part) + b"\n")
            stream.writelines(to_json(passage) + b"\n" for passage in passages)
        self._parts += 1

    def documents(self) -> Iterator[Document]:
        """Yield the passages of all parts."""
        for _, passages in self.parts():
            yield from passages

    def has_index(self) -> bool:
        """Whether the index is there; what is half there is removed."""
        if (self.index / MANIFEST).is_file():
            return True
        shutil.rmtree(self.index, ignore_errors=True)
        return False

    def remove(self) -> None:
        """Remove the workplace: the work is done."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _file(self, number: int) -> Path:
        return self._folder / f"part-{number:06d}.jsonl"


@contextmanager
def staging(folder: Path) -> Iterator[Staging]:
    """Open the workplace of a knowledge base, for one process at a time.

    Raises:
        DataError: If the folder is something else, cannot be written, or is being built already.
    """
    check_path(folder)
    try:
        _refuse_foreign(folder)
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            place = Staging(folder)
            try:
                yield place
            except SaveError:  # a full disk or the like: the next attempt continues
                raise
            except (DataError, ConfigError) as error:
                if not _is_full(error.__cause__):  # a beginning on bad input is of no use
                    place.remove()
                    _remove_if_empty(folder)
                raise
    except OSError as error:
        _remove_if_empty(folder)
        reason = error.__cause__ if isinstance(error, SaveError) else error
        raise DataError(
            f"{folder}: could not be written ({reason}). A knowledge base that stood there is as "
            "it was. Mend the cause (such as a full disk) and run the same command again: it "
            "continues."
        ) from reason


def _is_full(cause: BaseException | None) -> bool:
    return isinstance(cause, OSError) and cause.errno in (ENOSPC, EDQUOT, EFBIG)


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, which the system lets go of when the process ends, however."""
    try:
        import fcntl
    except ImportError:  # Windows: no lock; two builds at once would disturb each other
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise DataError(
            f"{folder}: is being written by another process. Wait for it, then try again."
        ) from None
    try:
        yield
    finally:
        os.close(handle)


def stamp(path: str | Path) -> dict[str, Any]:
    """Return what tells one state of an input file from another.

    Raises:
        DataError: If there is no such file.
    """
    file = Path(path)
    if not file.is_file():
        raise DataError(
            f"No file {str(path)!r}. Check the path; it is read relative to {Path.cwd()}."
        )
    status = file.stat()
    return {"path": str(file.resolve()), "bytes": status.st_size, "modified": status.st_mtime_ns}


def current(folder: Path) -> str:
    """Return the name of the index that a folder holds now, or nothing."""
    return read_manifest(folder).data if (folder / MANIFEST).is_file() else ""
