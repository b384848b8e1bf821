"""What is read before questions: passages to be repeated, and to be gone on with, ever more chunks.

The paper's order (arXiv 2509.01092, section 2.2): reconstruction, with the decoder frozen, so that
encoder and projector learn to say what a chunk holds; then the next paragraph behind compressed ones.
Either begins with one chunk; how many there are doubles level by level, and what is drawn moves from
the first level to the last as training goes on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ...core import Document
from ...errors import ConfigError
from .chunking import Chunker, document_text
from .rows import Row, RowWriter

_SPREAD = 0.75
"""How far around its level a draw may fall: the deviation of a normal curve, in levels."""


class Passages:
    """Documents one behind the other, in tokens.

    A window begins with a document and runs on into those that follow, where it is longer.

    Args:
        documents: The corpus, in its order.
        chunker: Cuts them.

    Raises:
        ConfigError: If there are none.
    """

    def __init__(self, documents: Sequence[Document], chunker: Chunker) -> None:
        texts = [document_text(each.title, each.text) for each in documents]
        self._ids = [[i for chunk in chunker.of(text) for i in chunk.ids] for text in texts]
        if not any(self._ids):
            raise ConfigError(
                "The question set brings no documents to read: take one that has, or set "
                "reconstruction_steps and paragraph_steps to 0."
            )

    def window(self, tokens: int, rng: np.random.Generator) -> list[int]:
        """Return tokens from the beginning of some document on."""
        place, found = int(rng.integers(len(self._ids))), list[int]()
        while len(found) < tokens:
            found += self._ids[place % len(self._ids)]
            place += 1
        return found[:tokens]


def check_room(writer: RowWriter, most: int, ahead: int) -> None:
    """Refuse passages that the decoder cannot read, before any is.

    Args:
        writer: Knows the decoder's room.
        most: Chunks of a passage to be repeated, or gone on with; 0 for none.
        ahead: Chunks that are learnt behind it: as many in reconstruction.

    Raises:
        ConfigError: If there is no room.
    """
    ids = [0] * (most * writer.chunker.k)
    row = writer.passage(ids, [0] * (ahead * writer.chunker.k), repeat=True)
    columns = len(row.before) + len(row.chunks) + len(row.after) + len(row.target)
    if writer.room is not None and columns > writer.room:
        raise ConfigError(
            f"A passage of {most} chunks with {ahead} behind it, to be learnt, takes {columns} "
            f"columns, and the decoder reads {writer.room}. Give fewer --max_chunks or --ahead."
        )


def levels(most: int) -> list[int]:
    """Return numbers of chunks, each twice the one before.

    >>> levels(1), levels(8), levels(6)
    ([1], [1, 2, 4, 8], [1, 2, 4, 6])
    """
    return [*(2**n for n in range(max(0, math.ceil(math.log2(most))))), most]


def weights(count: int, progress: float) -> list[float]:
    """Return how likely each level is.

    Args:
        count: How many levels there are.
        progress: How much of the stage is over, from 0 to 1.

    >>> [round(w, 2) for w in weights(3, 0.0)], [round(w, 2) for w in weights(3, 1.0)]
    ([0.69, 0.29, 0.02], [0.02, 0.29, 0.69])
    """
    middle = progress * (count - 1)
    raw = [math.exp(-(((level - middle) / _SPREAD) ** 2) / 2) for level in range(count)]
    return [each / sum(raw) for each in raw]


def chunks_at(progress: float, most: int, rng: np.random.Generator) -> int:
    """Draw how many chunks a batch has."""
    sizes = levels(most)
    return int(rng.choice(sizes, p=weights(len(sizes), progress)))


def reconstruction(
    passages: Passages, writer: RowWriter, chunks: int, rows: int, rng: np.random.Generator
) -> list[Row]:
    """Return rows whose target is what their chunks hold."""
    tokens = chunks * writer.chunker.k
    windows = [passages.window(tokens, rng) for _ in range(rows)]
    return [writer.passage(ids, ids, repeat=True) for ids in windows]


def next_paragraph(
    passages: Passages,
    writer: RowWriter,
    chunks: int,
    ahead: int,
    rows: int,
    rng: np.random.Generator,
) -> list[Row]:
    """Return rows whose target is what follows on their chunks, `ahead` chunks of it."""
    read, told = chunks * writer.chunker.k, ahead * writer.chunker.k
    windows = [passages.window(read + told, rng) for _ in range(rows)]
    return [writer.passage(ids[:read], ids[read:], repeat=False) for ids in windows]
