"""Documents on disk, read one at a time: what a saved index brings along.

    documents.jsonl    one document a line
    offsets.npy        where each line begins, and the end

The file is memory-mapped: opening it costs nothing, and the processes of a machine share its
pages.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, overload

import msgspec
import numpy as np

from ..core import Document, from_json, to_json
from ..errors import DataError, RetrievalError
from .base import Immutable
from .saved import CURE

DOCUMENTS = "documents.jsonl"
OFFSETS = "offsets.npy"


def store_documents(folder: Path, documents: Iterable[Document]) -> None:
    """Write documents so that `StoredDocuments(folder)` finds them, in the same order."""
    offsets = [0]
    with open(folder / DOCUMENTS, "wb") as stream:
        for document in documents:
            offsets.append(offsets[-1] + stream.write(to_json(document) + b"\n"))
    np.save(folder / OFFSETS, np.array(offsets, dtype=np.int64), allow_pickle=False)


class StoredDocuments(Immutable, Sequence[Document]):
    """The documents that `store_documents` wrote, decoded when asked for.

    Args:
        folder: The folder that they were written to.

    Raises:
        DataError: If the files are missing or do not fit each other.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            offsets = np.load(folder / OFFSETS, mmap_mode="r", allow_pickle=False)
            self._offsets = np.asarray(offsets)  # reading a numpy.memmap costs a microsecond more
            with open(folder / DOCUMENTS, "rb") as stream:
                self._bytes = _mapped(stream)
        except (OSError, ValueError, EOFError) as error:
            raise DataError(
                f"{folder}: the stored documents cannot be read ({error}). {CURE}"
            ) from error
        if self._offsets.ndim != 1 or self._offsets[-1:].tolist() != [len(self._bytes)]:
            raise DataError(f"{folder}: {OFFSETS} does not fit {DOCUMENTS}. {CURE}")

    def __len__(self) -> int:
        return len(self._offsets) - 1

    @overload
    def __getitem__(self, index: int) -> Document: ...
    @overload
    def __getitem__(self, index: slice) -> list[Document]: ...
    def __getitem__(self, index: int | slice) -> Document | list[Document]:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        position = index + len(self) if index < 0 else index
        if not 0 <= position < len(self):
            raise IndexError(f"document {index} of {len(self)}")
        return self._decode(position)

    def _decode(self, position: int) -> Document:
        start, end = self._offsets[position : position + 2].tolist()
        try:
            return from_json(self._bytes[start:end], Document)
        except msgspec.MsgspecError as error:
            raise RetrievalError(
                f"{self._folder / DOCUMENTS}: document {position} is damaged ({error}). {CURE}"
            ) from error

    def __reduce__(self) -> tuple[type[StoredDocuments], tuple[Path]]:
        return StoredDocuments, (self._folder,)


def _mapped(stream: IO[bytes]) -> mmap.mmap | bytes:
    """Map a file; an empty one cannot be, and needs not."""
    if os.fstat(stream.fileno()).st_size == 0:
        return b""
    return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
