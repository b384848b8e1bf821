"""Token states that were computed once are read ever after, from memory or from disk.

    folder/<encoder's fingerprint>/<name>.states.npy    float32 [tokens, dim], memory-mapped
    folder/<encoder's fingerprint>/<name>.table.npy     uint64 [texts, 4]: two numbers that name a
                                                        text, where its tokens begin, how many

Many processes may use one folder: a pair of files is written under a name made of its texts, each
file at once, the table last. A damaged pair counts as absent and is written again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...envs.subgraph.words import relation_words
from ...errors import AgentError, DataError
from ...files import atomic_write
from .encoder import Bools, Floats, TokenEncoder, padded

Table = NDArray[np.uint64]

_TABLE = ".table.npy"
_STATES = ".states.npy"
_CHUNK = 4096
"""Texts that are encoded and written together."""


class TokenStates:
    """The token states of any texts, each encoded once.

    Args:
        encoder: What encodes what is not there yet.
        folder: Where states are kept; None keeps them in memory alone.

    >>> from hopgym.agents.drag.encoder import HashingTokens
    >>> states, mask = TokenStates(HashingTokens(dim=8)).of(["who was born here", "who"])
    >>> states.shape, mask.sum(1).tolist()
    ((2, 4, 8), [4, 1])
    """

    def __init__(self, encoder: TokenEncoder, folder: str | Path | None = None) -> None:
        self.encoder = encoder
        self.dim = encoder.dim
        self._folder = None if folder is None else Path(folder) / encoder.fingerprint
        self._known: dict[str, Floats] = {}
        self._kept: dict[bytes, Floats] = {}
        if self._folder is not None:
            for table in sorted(self._folder.glob(f"*{_TABLE}")):
                self._kept.update(_opened(table, self.dim))

    def prepare(self, texts: Sequence[str]) -> None:
        """Encode what is new among many texts, so that later calls only read.

        Raises:
            AgentError: If the encoder gave no finite states of its own size.
            DataError: If the states cannot be written.
        """
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        for text in new:
            kept = self._kept.get(_key(text))
            if kept is not None:
                self._known[text] = kept
        new = [text for text in new if text not in self._known]
        for start in range(0, len(new), _CHUNK):
            self._encode(new[start : start + _CHUNK])

    def of(self, texts: Sequence[str]) -> tuple[Floats, Bools]:
        """Return `[texts, tokens, dim]` and `[texts, tokens]`, as long as the longest text."""
        self.prepare(texts)
        return padded([self._known[text] for text in texts], self.dim)

    def means(self, texts: Sequence[str]) -> Floats:
        """Return the mean of each text's tokens, `[texts, dim]`."""
        self.prepare(texts)
        rows = [self._known[text].mean(0) for text in texts]
        return np.array(rows, np.float32).reshape(len(texts), self.dim)

    def _encode(self, texts: list[str]) -> None:
        states, mask = self.encoder.encode(texts)
        shape, dim = np.shape(states), self.dim
        whole = len(shape) == 3 and shape == (len(texts), shape[1], dim)
        if not whole or np.shape(mask) != shape[:2] or not np.isfinite(states).all():
            raise AgentError(
                f"The token encoder {self.encoder!r:.80} gave an array of shape {shape} for "
                f"{len(texts)} texts; it must give finite numbers of ({len(texts)}, tokens, {dim}) "
                "and a mask of the first two."
            )
        rows = [row[: max(int(n), 1)] for row, n in zip(states, mask.sum(1), strict=True)]
        rows = [np.array(row, np.float32) for row in rows]  # not a view of all the padding
        self._known.update(zip(texts, rows, strict=True))
        if self._folder is not None:
            _write(self._folder, texts, rows)

    def __repr__(self) -> str:
        return f"TokenStates({self.encoder!r}, {len(self._known)} texts)"


class RelationTable:
    """The token states of relations, read as words.

    Args:
        tokens: What encodes them.
    """

    def __init__(self, tokens: TokenStates) -> None:
        self.tokens = tokens
        self.dim = tokens.dim

    def of(self, relations: Sequence[str]) -> tuple[Floats, Bools]:
        """Return `[relations, tokens, dim]` and `[relations, tokens]`."""
        return self.tokens.of([relation_words(relation) for relation in relations])


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _write(folder: Path, texts: list[str], rows: list[Floats]) -> None:
    keys = np.frombuffer(b"".join(map(_key, texts)), "<u8").astype(np.uint64).reshape(-1, 2)
    lengths = np.array([len(row) for row in rows], np.uint64)
    table = np.column_stack([keys, np.cumsum(lengths) - lengths, lengths])
    name = hashlib.sha256(keys.tobytes()).hexdigest()[:16]
    try:
        for suffix, array in ((_STATES, np.concatenate(rows)), (_TABLE, table)):
            with atomic_write(folder / f"{name}{suffix}") as stream:
                np.save(stream, array, allow_pickle=False)
    except OSError as error:
        raise DataError(
            f"{folder}: token states cannot be kept there ({error}). Free some space, or give "
            "another folder."
        ) from error


def _opened(file: Path, dim: int) -> Iterator[tuple[bytes, Floats]]:
    """Yield the key and the states of each text of a pair of files; nothing of a damaged pair."""
    try:
        table = np.load(file, allow_pickle=False)
        pair = file.with_name(file.name.removesuffix(_TABLE) + _STATES)
        states = np.load(pair, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return
    whole = table.dtype == np.uint64 and table.ndim == 2 and table.shape[1:] == (4,)
    whole = whole and states.dtype == np.float32 and states.shape[1:] == (dim,)
    if not whole or int(table[:, 3].sum()) != len(states):
        return
    for key, (start, length) in zip(table[:, :2].astype("<u8"), table[:, 2:].tolist(), strict=True):
        yield key.tobytes(), states[start : start + length]
