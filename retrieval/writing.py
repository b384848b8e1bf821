"""One clear error for a file that cannot be written, instead of what the system calls it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import DataError
from .saved import SaveError, check_path


@contextmanager
def writable(path: str | Path) -> Iterator[None]:
    """Say what is wrong where a file cannot be written; nothing else is changed.

    Args:
        path: The file that is to be written within.

    Raises:
        DataError: If it is a folder, lies below a file, or the system does not let us write it.

    >>> with writable("."):
    ...     pass
    Traceback (most recent call last):
    hopgym.errors.DataError: .: is a folder. Give the name of a file.
    """
    check_path(path)
    if os.path.isdir(path):
        raise DataError(f"{path}: is a folder. Give the name of a file.")
    try:
        yield
    except OSError as error:
        if isinstance(error, DataError):  # one of ours already
            raise
        raise SaveError(f"{path}: could not be written ({_reason(error, path)}).") from error


def _reason(error: OSError, path: str | Path) -> str:
    """Name the cause without the name of our temporary file, and the cure."""
    blocking = next((up for up in Path(path).parents if up.exists() and not up.is_dir()), None)
    if blocking is not None:
        return f"{blocking} is a file; give a path below a folder"
    return f"{error.strerror or error}; mend the cause, such as a full disk, or name another place"
