r"""Files: read plainly, write atomically, name by content.

Text is split on "\\n" alone (passages contain U+2028 and U+0085); a name ending in `.gz` is
compressed. A file appears whole or not at all: it is written beside its place and renamed.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from errno import EDQUOT, EFBIG, EIO, ENOSPC, EROFS
from pathlib import Path
from typing import IO, Any

import msgspec

from .errors import DataError


def read_text(path: str | Path) -> str:
    """Read a whole UTF-8 file.

    Raises:
        DataError: If it does not exist or is not UTF-8.
    """
    return "".join(read_lines(path))


def read_lines(path: str | Path) -> Iterator[str]:
    r"""Yield the lines of a UTF-8 file, each with its "\n".

    Raises:
        DataError: If it does not exist, is no file, is cut short or is not UTF-8.
    """
    file = Path(path)
    if not file.is_file():
        raise DataError(
            f"No file {str(path)!r}. Check the path; it is read relative to {Path.cwd()}."
        )
    try:
        with _open(file, "rb") as stream:
            for number, line in enumerate(stream, 1):
                yield _decode(line, path, number)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: could not be read ({error}). Fetch the file again.") from error


def read_jsonl(path: str | Path) -> Iterator[tuple[int, Any]]:
    """Yield `(line number from 1, value)` for each non-blank line of a JSON-lines file.

    Raises:
        DataError: If a line is not JSON; the message names the file and the line.
    """
    for number, line in enumerate(read_lines(path), 1):
        if line.strip():
            yield number, parse_json(line, f"{path}:{number}")


def parse_json(text: str, where: str) -> Any:
    """Parse JSON, naming the place in the error."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise DataError(f"{where}: not JSON ({error}). Mend or remove this record.") from error


@contextmanager
def atomic_write(path: str | Path) -> Iterator[IO[bytes]]:
    """Open a file for writing that takes its name only when all was written.

    On an exception the old file stays as it was and nothing is left behind.

    Raises:
        OSError: If it cannot be written, such as on a full disk; the error names the file.
    """
    target = Path(path).resolve()  # a link stays a link
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    os.close(handle)
    temporary = Path(name)
    try:
        with _open(temporary, "wb", zipped=target.suffix == ".gz") as stream:
            yield stream
        temporary.chmod(0o644)
        temporary.replace(target)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.filename is None and error.errno in _REFUSED:
            error.filename = str(target)  # a stream's error names none
        raise


_REFUSED = (ENOSPC, EDQUOT, EFBIG, EROFS, EIO)
_TEMPORARY = re.compile(r"\.[a-z0-9_]{8}$")
_OS_ERROR = re.compile(r"\(os error (\d+)\)")  # as libraries written in Rust tell it
_TORCH = re.compile(r"PytorchStreamWriter|inline_container.*unexpected pos", re.DOTALL)


def why_not_written(error: BaseException) -> str | None:
    """Return why the system did not let a file be written; None if something else went wrong.

    Args:
        error: The system's, or what a library (torch, safetensors) has made of it.

    >>> why_not_written(OSError(28, "No space left on device", "out/model.safetensors"))
    "No space left on device: 'out/model.safetensors'"
    >>> why_not_written(OSError(2, "No such file or directory")) is None
    True
    """
    text = " ".join(str(error).split())[:300]
    if isinstance(error, OSError):
        return text.partition("] ")[2] or text if error.errno in _REFUSED else None
    if (found := _OS_ERROR.search(text)) and int(found[1]) in _REFUSED:
        return text
    if isinstance(error, RuntimeError) and _TORCH.search(text):
        return "the disk is full, or refuses"
    return None


def sweep(folder: str | Path, name: str = "*") -> None:
    """Remove what `atomic_write` left half written in a folder when its process was killed.

    Nothing may be writing there meanwhile.

    Args:
        folder: Where; folders in it are left alone, and it need not be there.
        name: The name of the file that was being written; any, usually.
    """
    for path in Path(folder).glob(f".{name}.????????"):
        # As `mkstemp` makes them: for their owner alone, with such a name.
        if _TEMPORARY.search(path.name) and path.is_file() and path.stat().st_mode & 0o77 == 0:
            path.unlink(missing_ok=True)


def write_jsonl(path: str | Path, records: Iterable[Any]) -> int:
    """Write records as JSON lines, atomically; return how many."""
    encoder = msgspec.json.Encoder()
    count = 0
    with atomic_write(path) as stream:
        for record in records:
            stream.write(encoder.encode(record) + b"\n")
            count += 1
    return count


def fingerprint(parts: Iterable[Any]) -> str:
    """Return 16 hexadecimal digits that name a sequence of JSON-like values or records.

    >>> fingerprint(["a", 1]) == fingerprint(["a", 1]) != fingerprint(["a", 2])
    True
    """
    digest = hashlib.sha256()
    encoder = msgspec.json.Encoder(order="deterministic")
    for part in parts:
        digest.update(encoder.encode(part) + b"\n")
    return digest.hexdigest()[:16]


def _open(file: Path, mode: str, zipped: bool | None = None) -> IO[bytes]:
    if file.suffix == ".gz" if zipped is None else zipped:
        return _Zipped(file, mode)  # type: ignore[return-value]
    return open(file, mode)


class _Zipped(gzip.GzipFile):
    """Without a name or a time in its header, so that the same content gives the same bytes."""

    def __init__(self, file: Path, mode: str) -> None:
        self._raw = open(file, mode)  # noqa: SIM115 (closed in close)
        super().__init__("", mode, fileobj=self._raw, mtime=0)

    def close(self) -> None:
        super().close()
        self._raw.close()


def _decode(line: bytes, path: str | Path, number: int) -> str:
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}:{number}: not UTF-8 ({error}). Save the file as UTF-8.") from error
