"""The nearest of many vectors, exactly.

Vectors are compared by inner product and named by their position, which is taken to be the order
of the document ids: ties fall by position. A query is answered the same whether it comes alone or
in a batch, though FAISS computes the two in different ways: it proposes candidates, and their
products are computed again, each alone. Used by dense retrieval; knows no documents.

The library: Douze et al., "The Faiss library", arXiv 2401.08281.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError, RetrievalError, require
from .encoders.base import Vectors
from .saved import CURE

Nearest = tuple[NDArray[np.int64], Vectors]
"""Positions and inner products, best first."""

VECTORS = "vectors.npy"

SPARE = 16
"""How many candidates beyond `k` are looked at, so that rounding seldom loses one."""

_BLAS_FROM = 2  # queries; FAISS's own default leaves batches of some hundred to its slower loop

_BLOCK = 512  # vectors whose products are computed at once: they fit a processor's cache


def _library() -> Any:
    """Import FAISS late, and let it multiply every batch by BLAS: ten times as fast."""
    faiss = require("faiss", "dense")
    faiss.cvar.distance_compute_blas_threshold = _BLAS_FROM
    return faiss


class VectorIndex(Protocol):
    """Finds vectors. Safe to call from several threads."""

    def __len__(self) -> int:
        """How many there are."""

    def search(self, queries: Vectors, k: int) -> list[Nearest]:
        """Return up to `k` vectors for each query."""

    def write(self, folder: Path) -> None:
        """Write it into a folder."""


class FlatIndex:
    """Compares with every vector.

    Args:
        vectors: One row for each document.
        longest: The length of the longest of them, if known.

    >>> index = FlatIndex(np.eye(3, dtype=np.float32))
    >>> index.search(np.array([[0, 2, 1]], dtype=np.float32), k=2)[0][0].tolist()
    [1, 2]
    """

    def __init__(self, vectors: Vectors, longest: float | None = None) -> None:
        self.vectors = vectors
        self.longest = _longest(vectors) if longest is None else longest

    def __len__(self) -> int:
        return len(self.vectors)

    def search(self, queries: Vectors, k: int) -> list[Nearest]:
        """Return the `k` vectors with the largest inner products, for each query."""
        if not len(queries):
            return []
        faiss = _library()
        fetch = min(len(self), k + SPARE)
        rough, ids = faiss.knn(queries, self.vectors, fetch, faiss.METRIC_INNER_PRODUCT)
        products = self._products(queries, ids)
        order = np.lexsort((ids, -products))[:, :k]
        ids = np.take_along_axis(ids, order, axis=1)
        products = np.take_along_axis(products, order, axis=1)
        nearest: list[Nearest] = list(zip(ids, products, strict=True))
        if fetch < len(self) or (ids < 0).any():  # FAISS names what it did not find -1
            slack = self._slack(queries)
            unsettled = ~(products[:, -1] > rough[:, -1] + slack) | (ids < 0).any(axis=1)
            for row in np.flatnonzero(unsettled).tolist():
                nearest[row] = self._by_all(queries[row], k, float(slack[row]))
        return nearest

    def _by_all(self, query: Vectors, k: int, slack: float) -> Nearest:
        """Look at every vector, since one that is no candidate may tie with the last."""
        products = self.vectors @ query
        if not np.isfinite(products).all():
            raise RetrievalError(f"The dense index holds vectors that are not finite. {CURE}")
        last = np.partition(products, -k)[-k] if k < len(products) else products.min()
        ids = np.flatnonzero(products >= last - 2 * slack)
        return ranked(ids, self._products(query[None], ids[None])[0], k)

    def _products(self, queries: Vectors, ids: NDArray[np.int64]) -> Vectors:
        """Compute each product alone: equal vectors get equal products, in any company."""
        products = np.empty(ids.shape, dtype=np.float32)
        height = max(1, _BLOCK // ids.shape[1])
        for top in range(0, len(ids), height):
            rows = slice(top, top + height)
            for left in range(0, ids.shape[1], _BLOCK):
                block = ids[rows, left : left + _BLOCK]
                terms = self.vectors[block]
                terms *= queries[rows, None]
                products[rows, left : left + _BLOCK] = terms.sum(axis=2)
        return products

    def _slack(self, queries: Vectors) -> Vectors:
        """Return how far two ways to add up a product may lie apart in float32."""
        unit_roundoff = 2.0**-24
        slack: Vectors = np.linalg.norm(queries, axis=1)
        slack *= self.longest * queries.shape[1] * unit_roundoff
        return slack

    def write(self, folder: Path) -> None:
        """Write the vectors."""
        np.save(folder / VECTORS, self.vectors, allow_pickle=False)

    @classmethod
    def read(cls, folder: Path, longest: float, mmap: bool = True) -> FlatIndex:
        """Open what `write` wrote.

        Raises:
            DataError: If it is damaged.
        """
        file = folder / VECTORS
        try:
            vectors = np.load(file, mmap_mode="r" if mmap else None, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise DataError(f"{file}: is damaged ({error}). {CURE}") from error
        if vectors.dtype != np.float32 or vectors.ndim != 2 or not vectors.flags.c_contiguous:
            raise DataError(f"{file}: holds no rows of float32. {CURE}")
        if not mmap and not np.isfinite(_longest(vectors)):  # mapped, it would be read whole
            raise DataError(f"{file}: holds vectors that are not finite. {CURE}")
        return cls(np.asarray(vectors), longest)


def ranked(ids: NDArray[np.int64], products: Vectors, k: int) -> Nearest:
    """Return the `k` largest products, best first; those that tie by position."""
    order = np.lexsort((ids, -products))[:k]
    return ids[order], products[order]


def _longest(vectors: Vectors) -> float:
    starts = range(0, len(vectors), _BLOCK)
    lengths = [np.linalg.norm(vectors[start : start + _BLOCK], axis=1).max() for start in starts]
    return float(np.max(lengths, initial=0.0))  # which keeps a NaN, unlike the builtin max
