"""A lock between processes: one run writes a results file at a time.

The kernel holds the lock, so a killed run never leaves one behind. Where the platform has no
`fcntl` (Windows), nothing is locked.
"""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import ResultsError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


class Lock:
    """An exclusive lock beside a file, held until `release`.

    Args:
        path: The file to guard; the lock is `.NAME.lock` in the same folder.

    Raises:
        ResultsError: If another process holds it.
    """

    def __init__(self, path: Path) -> None:
        self.path = lock_path(path)
        self._handle = self._acquire(path)

    def release(self) -> None:
        """Let others write; releasing twice is harmless."""
        if self._handle >= 0:
            # Removed while it is still held: whoever waits on this file sees that it is gone.
            self.path.unlink(missing_ok=True)
            os.close(self._handle)
            self._handle = -1

    def _acquire(self, guarded: Path) -> int:
        while True:
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            if not _lock(handle):
                holder = os.read(handle, 32).decode("ascii", "replace").strip() or "unknown"
                os.close(handle)
                raise ResultsError(
                    f"{guarded} is being written by another run (process {holder}). "
                    "Wait for it, or choose another --out."
                )
            if _same_file(handle, self.path):
                os.truncate(handle, 0)
                os.write(handle, f"{os.getpid()}\n".encode())
                return handle
            os.close(handle)  # its last holder removed it between open and lock: try again


def lock_path(path: Path) -> Path:
    """Return the lock's own file.

    >>> lock_path(Path("results/a.jsonl")).name
    '.a.jsonl.lock'
    """
    return path.with_name(f".{path.name}.lock")


def _lock(handle: int) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _same_file(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
