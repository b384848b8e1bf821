"""Vectors that were computed once are read from disk ever after.

    folder/<encoder's fingerprint>/<name>.vectors.npy    float32, memory-mapped
    folder/<encoder's fingerprint>/<name>.keys.npy       the contents' hashes, sorted

A vector is found by what was encoded and how, never by a document's id or place, so that corpora
that overlap share it. Many processes may use one folder: a pair of files is written under a name
made of its keys, each file at once, the keys last. A damaged pair counts as absent and is
written again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core import Document, to_json
from ...errors import DataError
from ...files import atomic_write
from .base import Encoder, Vectors, checked

Keys = NDArray[np.uint64]
"""Two numbers for each content."""

_KEYS = ".keys.npy"
_VECTORS = ".vectors.npy"


class CachedEncoder:
    """An encoder that remembers the vectors of documents on disk; queries pass through.

    Args:
        encoder: What encodes what is not there yet.
        folder: Where vectors are kept; made when needed. Its subfolders may be deleted any time.
    """

    def __init__(self, encoder: Encoder, folder: str | Path) -> None:
        self._encoder = encoder
        self._store = VectorStore(Path(folder) / encoder.fingerprint, encoder.dim)

    @property
    def dim(self) -> int:
        """The encoder's."""
        return self._encoder.dim

    @property
    def settings(self) -> Mapping[str, Any]:
        """The encoder's: a cache changes no vector."""
        return self._encoder.settings

    @property
    def fingerprint(self) -> str:
        """The encoder's."""
        return self._encoder.fingerprint

    @property
    def spec(self) -> str | None:
        """The encoder's."""
        return getattr(self._encoder, "spec", None)

    def encode_queries(self, queries: Sequence[str]) -> Vectors:
        """Return a vector for each query."""
        return self._encoder.encode_queries(queries)

    def encode_documents(self, documents: Sequence[Document]) -> Vectors:
        """Return a vector for each document, encoding each content that is new once."""
        keys = content_keys(documents)
        vectors, found = self._store.find(keys)
        if not found.all():
            _, first = np.unique(keys[~found], axis=0, return_index=True)
            new = np.flatnonzero(~found)[np.sort(first)]
            encoded = self._encoder.encode_documents([documents[n] for n in new.tolist()])
            self._store.add(keys[new], checked(encoded, len(new), self))
            vectors[~found], still = self._store.find(keys[~found])
            if not still.all():
                raise DataError(f"{self._store.folder}: lost vectors that were just written.")
        return vectors

    def __repr__(self) -> str:
        return f"CachedEncoder({self._encoder!r})"


class VectorStore:
    """Vectors by key, in pairs of files that are never changed.

    Args:
        folder: Where they are.
        dim: How long the vectors are.
    """

    def __init__(self, folder: Path, dim: int) -> None:
        self.folder = folder
        self._dim = dim
        self._shards: dict[str, tuple[Keys, Vectors]] = {}

    def find(self, keys: Keys) -> tuple[Vectors, NDArray[np.bool_]]:
        """Return a vector for each key, and which of them were found."""
        vectors = np.zeros((len(keys), self._dim), dtype=np.float32)
        found = np.zeros(len(keys), dtype=np.bool_)
        for shard_keys, shard_vectors in self._known():
            wanted = np.flatnonzero(~found)
            places = np.searchsorted(shard_keys[:, 0], keys[wanted, 0])
            places = np.minimum(places, len(shard_keys) - 1)
            hit = (shard_keys[places] == keys[wanted]).all(axis=1)
            vectors[wanted[hit]] = shard_vectors[places[hit]]
            found[wanted[hit]] = True
        return vectors, found

    def add(self, keys: Keys, vectors: Vectors) -> None:
        """Keep vectors for good.

        Raises:
            DataError: If they cannot be written.
        """
        order = np.lexsort((keys[:, 1], keys[:, 0]))
        keys, vectors = keys[order], vectors[order]
        name = hashlib.sha256(keys.tobytes()).hexdigest()[:16]
        try:
            for suffix, array in ((_VECTORS, vectors), (_KEYS, keys)):
                with atomic_write(self.folder / f"{name}{suffix}") as stream:
                    np.save(stream, array, allow_pickle=False)
        except OSError as error:
            raise DataError(
                f"{self.folder}: vectors cannot be kept there ({error}). Free some space, or "
                "give another folder as cache."
            ) from error

    def _known(self) -> list[tuple[Keys, Vectors]]:
        """Return the pairs of files, those that other processes wrote meanwhile too."""
        shards = dict(self._shards)
        for file in sorted(self.folder.glob(f"*{_KEYS}")):
            if file.name not in shards and (shard := self._opened(file)) is not None:
                shards[file.name] = shard
        self._shards = shards  # replaced as a whole: other threads may be reading the old one
        return [shards[name] for name in sorted(shards)]

    def _opened(self, file: Path) -> tuple[Keys, Vectors] | None:
        try:
            keys = np.load(file, allow_pickle=False)
            pair = file.with_name(file.name.removesuffix(_KEYS) + _VECTORS)
            vectors = np.load(pair, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        whole = keys.dtype == np.uint64 and vectors.dtype == np.float32 and len(keys)
        whole = whole and keys.shape == (len(vectors), 2) and vectors.shape[1:] == (self._dim,)
        return (keys, vectors) if whole else None


def content_keys(documents: Sequence[Document]) -> Keys:
    """Return two numbers that name each document's title and text, and nothing else of it."""
    digests = [
        hashlib.blake2b(to_json([document.title, document.text]), digest_size=16).digest()
        for document in documents
    ]
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64).reshape(-1, 2)
