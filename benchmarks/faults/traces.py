"""Where a kill has struck: in the start, at work, or in the middle of writing a file.

It is read off the run's folder, so that it is known of any command.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

Phase = Literal["start", "work", "writing"]

HALF = re.compile(
    r"(^|/)(\.[^/]+\.[a-z0-9_]{8}"  # as `hopgym.files.atomic_write` names what it writes
    r"|[^/]*\.(part|tmp|old)|tmp-[^/]*|[^/]*-building)(/|$)"
)
"""Paths of what has not taken its name yet."""


class Trace(NamedTuple):
    """A file, as far as it tells whether it was written."""

    inode: int
    size: int
    changed: int
    """Nanoseconds."""


def traces(folder: Path) -> dict[str, Trace]:
    """Return the files of a folder; what vanishes meanwhile is passed by.

    Args:
        folder: A folder; it need not be there.
    """
    return dict(_walk(folder, ""))


def _walk(folder: Path, prefix: str) -> Iterator[tuple[str, Trace]]:
    try:
        entries = sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        try:
            said = entry.lstat()
        except FileNotFoundError:
            continue
        name = f"{prefix}{entry.name}"
        yield name, Trace(said.st_ino, said.st_size, said.st_mtime_ns)
        if entry.is_dir() and not entry.is_symlink():
            yield from _walk(entry, f"{name}/")


def phase(folder: Path, before: Mapping[str, Trace]) -> Phase:
    """Say where a process was when it was killed.

    Args:
        folder: The run's folder after the kill.
        before: The folder's traces when the process began.

    Returns:
        `start` if it had not written or removed anything; `writing` if it left something half
        written; `work` otherwise.
    """
    now = traces(folder)
    if now == before:
        return "start"
    new = [name for name, trace in now.items() if before.get(name) != trace]
    return "writing" if any(_is_half(folder, name, now) for name in new) else "work"


def _is_half(folder: Path, name: str, now: Mapping[str, Trace]) -> bool:
    if HALF.search(name):
        return True
    if re.search(r"(^|/)checkpoint-\d+$", name):
        return f"{name}/complete" not in now
    return name.endswith(".jsonl") and not _ends_a_line(folder / name)


def _ends_a_line(file: Path) -> bool:
    with open(file, "rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - 1))
        return stream.read(1) in (b"", b"\n")
