"""What a process holds: memory, open files, threads and child processes, as Linux counts them.

Memory is what is resident after Python's garbage was collected and the C library was asked to give
back what it keeps free (`malloc_trim`), so that a figure is what is in use and not what was once.
"""

from __future__ import annotations

import ctypes
import gc
import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ..errors import ConfigError

MEGABYTE = 2**20
_SELF = Path("/proc/self")
_KEPT = frozenset({"tqdm_monitor"})
"""Threads that are started once in a process, whoever asks first."""


class Footprint(NamedTuple):
    """What this process holds at one moment."""

    memory: float
    """Resident megabytes."""
    files: int
    """Open file descriptors."""
    threads: int
    children: int
    """Processes that it started and that are not reaped."""

    def leaks(self, before: Footprint) -> list[str]:
        """Say what there is more of than before; memory apart.

        >>> Footprint(9.0, 5, 1, 0).leaks(Footprint(1.0, 3, 1, 0))
        ['2 files']
        """
        counts = ("files", "threads", "children")
        more = {name: getattr(self, name) - getattr(before, name) for name in counts}
        return [f"{count} {name}" for name, count in more.items() if count > 0]


def footprint() -> Footprint:
    """Measure this process.

    Raises:
        ConfigError: If the system has no /proc, as on macOS and Windows.
    """
    if not (_SELF / "statm").is_file():
        raise ConfigError("Footprints are read from /proc, which this system lacks. Use Linux.")
    gc.collect()
    trim()
    pages = int((_SELF / "statm").read_text().split()[1])
    memory = pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE
    # Listing the folder opens it: that one is not counted.
    files = len(os.listdir(_SELF / "fd")) - 1
    return Footprint(memory, files, len(threads()), len(_children()))


def threads() -> list[str]:
    """Return the names of the threads of Python, those apart that a library keeps for good."""
    return [one.name for one in threading.enumerate() if one.name not in _KEPT]


def trim() -> bool:
    """Have the C library give free memory back to the system; False where it knows no such call."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
        return True
    return False


def _children() -> list[str]:
    found: list[str] = []
    for task in (_SELF / "task").iterdir():
        with suppress(OSError):  # a thread may end meanwhile
            found += (task / "children").read_text().split()
    return found
