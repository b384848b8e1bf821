"""The nearest of many vectors, nearly: graphs, cells and short codes, by FAISS.

For corpora that are too large to be compared whole. What is found depends on the index and its
tuning; it is the same for a query alone and in a batch, and for every build from the same vectors.

The library: Douze et al., "The Faiss library", arXiv 2401.08281.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError, DataError, RetrievalError, require
from .encoders.base import Vectors
from .saved import CURE
from .vectors import FlatIndex, Nearest, VectorIndex

INDEX = "index.faiss"

FEWEST_FOR_IVFPQ = 39 * 256
"""FAISS wants 39 vectors for each of the 256 centroids of a code."""

_SPARE = 8  # proposals beyond k, so that vectors that tie fall by position; each costs time
_BATCH = 16  # queries; from 20 on FAISS rounds otherwise
_WHERE = re.compile(r"^Error in .* at \S+:\d+: ")
_WHOLE = 1 << 30
_NONE = np.iinfo(np.int64).max


class FaissIndex:
    """Compares with the vectors that an index of FAISS proposes.

    Args:
        index: The index.
        tuning: Its search parameters, such as "nprobe=32" or "efSearch=128".

    Raises:
        ConfigError: If the index has no such parameter.
    """

    def __init__(self, index: Any, tuning: str = "") -> None:
        faiss = require("faiss", "dense")
        self._index = index
        self.dim = int(index.d)
        # a graph is walked for each query alone, whatever the batch
        self._batch = _WHOLE if isinstance(index, faiss.IndexHNSW) else _BATCH
        if tuning:
            try:
                faiss.ParameterSpace().set_index_parameters(index, tuning)
            except RuntimeError as error:
                raise ConfigError(
                    f"tuning is {tuning!r}, which FAISS refuses for this index "
                    f'({_reason(error)}). Give such as "nprobe=32" (ivf) or "efSearch=128" (hnsw).'
                ) from error

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(self, queries: Vectors, k: int) -> list[Nearest]:
        """Return up to `k` vectors that the index finds near, for each query."""
        if not len(queries):
            return []
        fetch = min(len(self), k + _SPARE)
        starts = range(0, len(queries), self._batch)
        try:
            found = [self._index.search(queries[n : n + self._batch], fetch) for n in starts]
        except RuntimeError as error:
            raise RetrievalError(f"FAISS could not search ({_reason(error)}).") from error
        products, ids = map(np.concatenate, zip(*found, strict=True))
        return _ranked_rows(ids, products, k)

    def write(self, folder: Path) -> None:
        """Write the index in FAISS's own format."""
        try:
            require("faiss", "dense").write_index(self._index, str(folder / INDEX))
        except RuntimeError as error:
            raise OSError(f"FAISS: {_reason(error)}") from error

    @classmethod
    def read(cls, folder: Path, tuning: str = "", mmap: bool = True) -> FaissIndex:
        """Open what `write` wrote.

        Raises:
            DataError: If it is damaged.
        """
        faiss = require("faiss", "dense")
        file = folder / INDEX
        try:
            index = faiss.read_index(str(file), faiss.IO_FLAG_MMAP_IFC if mmap else 0)
        except (RuntimeError, MemoryError) as error:
            raise DataError(f"{file}: is damaged ({_reason(error)}). {CURE}") from error
        if index.metric_type != faiss.METRIC_INNER_PRODUCT:
            raise DataError(f"{file}: does not compare by inner product. {CURE}")
        return cls(index, tuning)


def build_index(vectors: Vectors, kind: str, tuning: str = "") -> VectorIndex:
    """Index vectors.

    Args:
        vectors: One row for each document.
        kind: "flat" (exact), "hnsw" (a graph: fast, more memory), "ivfpq" (short codes: little
            memory, less exact), or a factory string of FAISS such as "IVF1024,Flat".
        tuning: Search parameters of FAISS.

    Raises:
        ConfigError: If there is no such kind, or too few vectors for it.
    """
    if kind == "flat":
        if tuning:
            raise ConfigError(f"tuning is {tuning!r}; a flat index has nothing to tune.")
        return FlatIndex(vectors)
    faiss = require("faiss", "dense")
    count, dim = vectors.shape
    try:
        index = faiss.index_factory(dim, _factory_string(kind, count, dim), 0)
    except RuntimeError as error:
        raise ConfigError(
            f"index is {kind!r}; it is one of: flat, hnsw, ivfpq, or a factory string of FAISS "
            f'such as "IVF1024,Flat" ({_reason(error)}).'
        ) from error
    try:
        index.train(vectors)
        with _one_thread(faiss):  # a graph depends on the order in which threads come along
            index.add(vectors)
    except RuntimeError as error:
        raise ConfigError(
            f"FAISS cannot build the index {kind!r} of {count} vectors ({_reason(error)}). "
            'Take index="flat".'
        ) from error
    return FaissIndex(index, tuning or _default_tuning(kind, count))


def _ranked_rows(ids: NDArray[np.int64], products: Vectors, k: int) -> list[Nearest]:
    """Rank all rows at once, and cut what is no document: FAISS fills rows up with -1."""
    missing = ids < 0
    if not np.isfinite(products[~missing]).all():
        raise RetrievalError(f"The dense index holds numbers that are not finite. {CURE}")
    if not missing.any():
        return _best(ids, products, k)
    ids, products = np.where(missing, _NONE, ids), np.where(missing, -np.inf, products)
    rows = zip(_best(ids, products, k), (~missing).sum(axis=1).tolist(), strict=True)
    return [(row_ids[:real], row[:real]) for (row_ids, row), real in rows]


def _best(ids: NDArray[np.int64], products: Vectors, k: int) -> list[Nearest]:
    order = np.lexsort((ids, -products))[:, :k]
    best = (np.take_along_axis(found, order, axis=1) for found in (ids, products))
    return list(zip(*best, strict=True))


def _factory_string(kind: str, count: int, dim: int) -> str:
    if kind == "hnsw":
        return "HNSW32,Flat"
    if kind != "ivfpq":
        return kind
    if count < FEWEST_FOR_IVFPQ:
        raise ConfigError(
            f'index="ivfpq" learns its codes from {FEWEST_FOR_IVFPQ} documents or more; there are '
            f'{count}. Take index="flat", which is exact and fast at this size.'
        )
    parts = max(m for m in range(1, max(2, dim // 4 + 1)) if dim % m == 0)
    return f"IVF{_lists(count)},PQ{parts}np"  # np: no polysemous codes, which nothing here reads


def _lists(count: int) -> int:
    return min(int(4 * math.sqrt(count)), count // 39)


def _default_tuning(kind: str, count: int) -> str:
    if kind == "hnsw":
        return "efSearch=128"
    return f"nprobe={max(8, _lists(count) // 16)}" if kind == "ivfpq" else ""


def _reason(error: BaseException) -> str:
    """Return what FAISS says went wrong, without where in its source."""
    said = str(error).strip().rpartition("\n")[2].rpartition("Error: ")[2]
    return _WHERE.sub("", said).strip()[:200]


@contextmanager
def _one_thread(faiss: Any) -> Iterator[None]:
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)
