"""Chunk vectors that were computed once and are read ever after, beside a knowledge base.

```
FOLDER/chunks_k16.npy     float16, one row for each chunk, memory-mapped
FOLDER/chunks_k16.json    whose vectors they are, and in which row each chunk stands
```

A chunk is found by its tokens, never by its document's id, so that a passage that stands in several
documents is kept once. The manifest is taken away before the vectors are replaced and comes back last,
so that a killed run leaves no cache rather than a wrong one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ...core import Document
from ...errors import ConfigError, DataError, require
from ...files import atomic_write, parse_json, read_text
from .chunking import Chunk, document_text, shown

FORMAT = 1
_AT_ONCE = 64
"""Chunks that are encoded at once."""


class ChunkCache:
    """The vectors of documents, on disk.

    Args:
        folder: Where; such as that of a knowledge base.
        k: Tokens of a chunk.
        fingerprint: Whose vectors they must be: `saving.vectors_fingerprint`.

    Raises:
        ConfigError: If there is none, or it is another model's.
        DataError: If it is damaged.
    """

    def __init__(self, folder: str | Path, k: int, fingerprint: str) -> None:
        self.vectors_file, self.manifest_file = files_of(folder, k)
        if not self.manifest_file.is_file():
            raise ConfigError(
                f"{folder} has no vectors of chunks of {k} tokens. Make them by "
                "`hopgym.agents.compress.cache.precompute`, or leave cache out."
            )
        said = parse_json(read_text(self.manifest_file), str(self.manifest_file))
        whole = isinstance(said, dict) and isinstance(said.get("chunks"), dict)
        if not whole or said.get("format") != FORMAT:
            raise DataError(f"{self.manifest_file} is no manifest of chunk vectors. Make it again.")
        if said.get("fingerprint") != fingerprint:
            raise ConfigError(
                f"The vectors in {folder} are of another model ({said.get('fingerprint')!r}, not "
                f"{fingerprint!r}): it was trained since, or is another one. Make them again."
            )
        self._vectors = _opened(self.vectors_file, said)
        self._places: dict[str, int] = said["chunks"]

    def __len__(self) -> int:
        """How many different chunks it has."""
        return len(self._places)

    def find(self, chunks: Sequence[Chunk]) -> list[Any]:
        """Return each chunk's vector as a tensor, or None."""
        torch = require("torch", "llm")
        at = [self._places.get(key_of(chunk)) for chunk in chunks]
        have = [place for place in at if place is not None]
        rows = iter(torch.from_numpy(self._vectors[have].astype(np.float32)))
        return [None if place is None else next(rows) for place in at]


def precompute(
    folder: str | Path,
    model: str | Path,
    documents: Iterable[Document],
    *,
    max_document_chars: int = 512,
    device: str | None = None,
) -> ChunkCache:
    """Compute the vectors of documents, and keep them.

    Args:
        folder: Where they are kept.
        model: The folder of the trained model.
        documents: Such as those of a question set: `make_questions("world").documents`.
        max_document_chars: How much of a text the environment shows.
        device: Where they are computed.

    Returns:
        The cache, opened.

    Raises:
        ConfigError: If the folder holds no trained model.
    """
    from .saving import load_compressor, vectors_fingerprint

    compressor, name = load_compressor(model, device), vectors_fingerprint(model)
    texts = [document_text(*shown(d.title, d.text, max_document_chars)) for d in documents]
    chunker = compressor.rows.chunker
    chunks = list(dict.fromkeys(chunk for text in texts for chunk in chunker.of(text)))
    torch = require("torch", "llm")
    with torch.no_grad():
        parts = [
            compressor.vectors(chunks[n : n + _AT_ONCE]).cpu().numpy().astype(np.float16)
            for n in range(0, len(chunks), _AT_ONCE)
        ]
    width = compressor.projector.outputs
    write(
        folder, chunker.k, name, chunks, np.concatenate([np.zeros((0, width), np.float16), *parts])
    )
    return ChunkCache(folder, chunker.k, name)


def write(
    folder: str | Path, k: int, name: str, chunks: Sequence[Chunk], vectors: NDArray[np.float16]
) -> None:
    """Write a cache in place of what was there.

    Raises:
        DataError: If a vector is not finite, as float16 is not beyond 65,504.
    """
    if not np.isfinite(vectors).all():
        raise DataError("A chunk's vector is not finite in float16: train with a scaled projector.")
    vectors_file, manifest_file = files_of(folder, k)
    manifest_file.unlink(missing_ok=True)
    with atomic_write(vectors_file) as stream:
        np.save(stream, vectors, allow_pickle=False)
    places = {key_of(chunk): n for n, chunk in enumerate(chunks)}
    said = {
        "format": FORMAT, "k": k, "fingerprint": name, "shape": list(vectors.shape),
        "chunks": places,
    }  # fmt: skip
    with atomic_write(manifest_file) as stream:
        stream.write(msgspec.json.encode(said))


def files_of(folder: str | Path, k: int) -> tuple[Path, Path]:
    """Return the files of a cache: vectors and manifest.

    >>> [file.name for file in files_of("kb", 16)]
    ['chunks_k16.npy', 'chunks_k16.json']
    """
    return Path(folder) / f"chunks_k{k}.npy", Path(folder) / f"chunks_k{k}.json"


def key_of(chunk: Chunk) -> str:
    """Return what names a chunk: a hash of its tokens, and of its characters where they are read."""
    told = ",".join(map(str, chunk.ids)) + "\n" + chunk.text
    return hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _opened(file: Path, said: dict[str, Any]) -> NDArray[np.float16]:
    try:
        vectors: NDArray[np.float16] = np.load(file, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{file} cannot be read ({error}). Make it again.") from error
    held = [vectors.dtype, list(vectors.shape), sorted(said["chunks"].values())]
    if held != [np.dtype(np.float16), said.get("shape"), list(range(len(vectors)))]:
        raise DataError(f"{file} is not what its manifest says. Make it again.")
    return vectors
