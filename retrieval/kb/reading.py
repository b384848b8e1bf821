r"""Input files of a knowledge base: record after record, the bad ones too.

Where `read_documents` stops at the first bad record, this goes on and hands the problem to its
caller, who decides. It reads lines, not files: memory does not grow with the input, and a build
that was interrupted continues at the line where it stopped. Text is normalised here, once, so that
equal text is equal bytes everywhere behind.
"""

from __future__ import annotations

import gzip
import re
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import IO, Any, NamedTuple

import msgspec

from ...core import Document
from ...errors import DataError
from ...files import parse_json
from ..corpus import _document as document_of  # the one reading of records there is

_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]")
_BOM = b"\xef\xbb\xbf"
_REPORT_EVERY = 1_000


class Problem(NamedTuple):
    """Why a record cannot be used."""

    kind: str
    """A few words, for counts."""
    message: str
    """The file, the line, what is wrong and what to do."""


class Record(NamedTuple):
    """One record of an input file."""

    line: int
    """Its line in the file, from 1; its number in a JSON list, from 1."""
    found: Document | Problem


def read_records(
    path: str | Path,
    *,
    after: int = 0,
    named_from: int = 0,
    progress: Callable[[int], None] = lambda consumed: None,
) -> Iterator[Record]:
    """Yield the records of a JSON-lines file, or of one JSON list, plain or `.gz`.

    Args:
        path: The file.
        after: Leave out the records up to this line.
        named_from: What the first of these records is called if it has no id; the next is one more.
        progress: Called with the bytes of the file consumed so far, now and then.

    Raises:
        DataError: If the file as a whole cannot be read: it is missing, cut short or no such file.
    """
    names = count(named_from)
    for line, raw in _records(Path(path), progress):
        if line > after:
            yield Record(line, _read(raw, str(next(names)), f"{path}:{line}"))


def clean(text: str) -> str:
    r"""Return a text in one form: NFC, "\n" for every line end, no control characters, no margin.

    >>> clean("  Cafe\u0301\r\nopen\x00 ")
    'Café\nopen'
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub("", text).strip()


def _read(raw: Any, name: str, where: str) -> Document | Problem:
    try:
        value = msgspec.json.decode(raw) if isinstance(raw, bytes) else raw
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError) as error:
        return _unreadable(raw, error, where)
    try:
        document = document_of(value, name, where)
    except DataError as error:
        return Problem("no document", str(error))
    document = replace(document, title=clean(document.title), text=clean(document.text))
    if not document.text:
        return Problem(
            "empty", f"{where}: the document {document.id!r} has no text. Fill in or remove it."
        )
    return document


def _unreadable(raw: bytes, error: Exception, where: str) -> Problem:
    try:
        raw.decode()
    except UnicodeDecodeError as other:
        return Problem("not UTF-8", f"{where}: not UTF-8 ({other}). Save the file as UTF-8.")
    return Problem("not JSON", f"{where}: not JSON ({error}). Mend or remove this record.")


def _records(path: Path, progress: Callable[[int], None]) -> Iterator[tuple[int, Any]]:
    """Yield each record's line and content: bytes, or values where the file is a list."""
    lines = _lines(path, progress)
    for line, raw in lines:
        if raw.lstrip().startswith(b"["):  # no record begins so: the file is one JSON list
            yield from enumerate(_list(raw + b"".join(rest for _, rest in lines), path), 1)
            return
        yield line, raw
        break
    yield from lines


def _list(content: bytes, path: Path) -> list[Any]:
    try:
        value = parse_json(content.decode(), str(path))
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 ({error}). Save the file as UTF-8.") from error
    if not isinstance(value, list):
        raise DataError(f"{path}: is neither JSON lines nor one JSON list.")
    return value


def _lines(path: Path, progress: Callable[[int], None]) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that hold something, numbered from 1."""
    if not path.is_file():
        raise DataError(
            f"No file {str(path)!r}. Check the path; it is read relative to {Path.cwd()}."
        )
    try:
        with open(path, "rb") as raw:
            zipped = path.suffix == ".gz"
            stream: IO[bytes] = gzip.GzipFile(fileobj=raw) if zipped else raw  # type: ignore[assignment]
            for line in count(1):
                content = stream.readline()
                if not content:
                    break
                if line == 1:
                    content = content.removeprefix(_BOM)
                if line % _REPORT_EVERY == 0:
                    progress(raw.tell())
                if content.strip():
                    yield line, content
            progress(raw.tell())
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: could not be read ({error}). Fetch the file again.") from error
