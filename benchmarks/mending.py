"""What a results file looks like after a run was killed, and how it is made whole again.

It knows lines and the place of the last one; what a whole file holds is told by
[`results`][hopgym.benchmarks.results]. A file that no benchmark began is refused, never mended.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from ..core import from_json
from ..errors import ResultsError
from .records import Record

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What a line raises that is no JSON, or no record."""

BEGINNING = b'{"env_id":'
"""How every line begins: by it half a first line is told from another's file."""

BLOCK = 1 << 16
"""Bytes read at a time to find the last line."""


def cut_half_line(path: Path) -> None:
    """Cut off what a killed run left of its last line: no line feed, or no JSON before it."""
    if not path.exists():
        return
    size = path.stat().st_size
    with open(path, "rb") as stream:
        end = _after_line_feed(stream, size)
        start = _after_line_feed(stream, end - 1) if end else 0
        stream.seek(start)
        if end and not _is_json(stream.read(end - start)):
            end = start
    if end < size:
        os.truncate(path, end)


def check_ours(path: Path) -> Record | None:
    """Refuse a file that no benchmark has begun: it would be cut, or replaced.

    Returns:
        The file's first record, if it has a whole line.

    Raises:
        ResultsError: If its first line is no record, nor the beginning of one.
    """
    if not path.exists():
        return None
    with open(path, "rb") as stream:
        first = stream.readline()
    if first.endswith(b"\n"):
        return _first_record(first, path) if first.strip() else None
    if not (first.startswith(BEGINNING) or BEGINNING.startswith(first) or not first.strip(b"\0")):
        raise foreign(path, "it has no line feed")
    return None


def sweep(path: Path) -> None:
    """Remove what a run left that was killed while it sealed the file. Needs the file's lock."""
    ours = re.compile(rf"\.{re.escape(path.name)}\.[a-z0-9_]{{8}}")  # as `atomic_write` names them
    for other in path.parent.iterdir():
        if ours.fullmatch(other.name):
            other.unlink(missing_ok=True)


def _first_record(line: bytes, path: Path) -> Record:
    try:
        return from_json(line, Record)
    except UNREADABLE as error:
        raise foreign(path, str(error)) from error


def foreign(path: Path, problem: str) -> ResultsError:
    """Return the error for a file that no benchmark wrote, or whose beginning is lost."""
    return ResultsError(
        f"{path}:1: not a record ({problem}). The file is no results file, or a damaged one. "
        "Results files are what `hopgym bench --out` writes: if this was one, remove the damaged "
        "line, and its episode is played again; else move the file elsewhere, or choose another "
        "--out."
    )


def _after_line_feed(stream: BinaryIO, end: int) -> int:
    """Return the place after the last line feed before `end`; 0 if there is none."""
    while end > 0:
        start = max(0, end - BLOCK)
        stream.seek(start)
        found = stream.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


@contextmanager
def told(problem: str) -> Iterator[None]:
    """Make what the system refuses (no space, no right) an error of ours."""
    try:
        yield
    except OSError as error:
        raise ResultsError(
            f"{problem} ({error.strerror or error}). Mend that, or choose another --out; "
            "what was played is kept."
        ) from error


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except UNREADABLE:
        return False
    return True
