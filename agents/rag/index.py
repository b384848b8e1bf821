"""An index of passages' vectors that can be made anew while the towers learn.

Exact inner products by default (FAISS, or NumPy where FAISS is missing), cells or a graph by name.
Every row of an answer is full and names real places: FAISS fills rows that it cannot fill with -1,
which Python would take for the last passage; such rows are searched again, exactly. The vectors are
a copy, so that an index says the same until it is refreshed, and the new at once after.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ...envs.settings import at_least
from ...errors import ConfigError, DataError, MissingExtraError, RetrievalError, require
from ...retrieval.encoders.base import Vectors
from ...retrieval.faiss_index import build_index
from ...retrieval.vectors import VectorIndex, ranked

Places = NDArray[np.int64]


class PassageIndex:
    """The nearest of passages' vectors.

    Args:
        vectors: One row for each passage, `[N, dim]`; not normalised, whoever wants cosines gives
            rows of length 1.
        kind: "flat" (exact), "ivf" (cells), "hnsw" (a graph), or what else
            `hopgym.retrieval.faiss_index.build_index` takes.
        tuning: Search parameters of FAISS, such as "nprobe=32".

    Raises:
        ConfigError: If there is no such kind.
        DataError: If there are no vectors, or they are not finite.
        MissingExtraError: If FAISS is missing and the kind is not "flat".

    >>> index = PassageIndex(np.eye(3, dtype=np.float32))
    >>> scores, places = index.search(np.array([[0, 2, 1]], dtype=np.float32), k=2)
    >>> scores.tolist(), places.tolist()
    ([[2.0, 1.0]], [[1, 2]])
    """

    def __init__(self, vectors: Vectors, kind: str = "flat", *, tuning: str = "") -> None:
        self.kind, self._tuning = kind, tuning
        self.version = 0
        """How often it was refreshed."""
        self._state = self._built(vectors)

    def __len__(self) -> int:
        return len(self._state[0])

    @property
    def vectors(self) -> Vectors:
        """The vectors, read-only."""
        return self._state[0]

    def refresh(self, vectors: Vectors) -> None:
        """Take new vectors of the same passages; a search under way ends with the old ones.

        Raises:
            DataError: If they are not as many, or not finite.
        """
        if vectors.shape != self.vectors.shape:
            raise DataError(
                f"The index holds vectors of the shape {self.vectors.shape}, and was given "
                f"{vectors.shape}: give one for each of the same passages, or make a new index."
            )
        self._state = self._built(vectors)
        self.version += 1

    def search(self, queries: Vectors, k: int) -> tuple[Vectors, Places]:
        """Return the passages with the largest inner products, the best first; ties by place.

        Args:
            queries: `[B, dim]`
            k: How many; there are never more than passages.

        Returns:
            Inner products and places, both `[B, min(k, N)]`.

        Raises:
            RetrievalError: If the queries are of another length, or not finite.
        """
        at_least("k", k, 1)
        vectors, index = self._state
        queries = np.ascontiguousarray(queries, np.float32)
        if queries.ndim != 2 or queries.shape[1] != vectors.shape[1]:
            raise RetrievalError(
                f"The index compares vectors of {vectors.shape[1]} numbers, and was asked with an "
                f"array of the shape {queries.shape}; give one row for each question."
            )
        if not np.isfinite(queries).all():
            raise RetrievalError("A question's vector is not finite: training went astray.")
        k = min(k, len(vectors))
        if index is None:
            rows = [_exact(vectors, query, k) for query in queries]
        else:
            rows = [
                (places, products) if len(places) == k else _exact(vectors, query, k)
                for query, (places, products) in zip(queries, index.search(queries, k), strict=True)
            ]
        places = np.array([row[0] for row in rows], np.int64).reshape(len(rows), k)
        return np.array([row[1] for row in rows], np.float32).reshape(len(rows), k), places

    def _built(self, vectors: Vectors) -> tuple[Vectors, VectorIndex | None]:
        vectors = np.array(vectors, np.float32, order="C")  # a copy: the caller's may change
        if vectors.ndim != 2 or not len(vectors):
            raise DataError(
                f"An index of vectors of the shape {vectors.shape} was asked for; give an array "
                "with one row for each passage, and at least one."
            )
        if not np.isfinite(vectors).all():
            raise DataError("A passage's vector is not finite: training went astray.")
        vectors.flags.writeable = False
        return vectors, self._library_index(vectors)

    def _library_index(self, vectors: Vectors) -> VectorIndex | None:
        try:
            require("faiss", "dense")
        except MissingExtraError:
            if self.kind != "flat":
                raise
            return None
        kind, tuning = self.kind, self._tuning
        if kind == "ivf":
            cells = _cells(len(vectors))
            kind, tuning = f"IVF{cells},Flat", tuning or f"nprobe={max(1, cells // 4)}"
        if not isinstance(kind, str):
            raise ConfigError(f"index is {kind!r}; give flat, ivf or hnsw.")
        return build_index(vectors, kind, tuning)


def _cells(count: int) -> int:
    """Return how many cells: FAISS wants 39 vectors to learn one, and 4 sqrt(N) are usual."""
    return max(1, min(int(4 * math.sqrt(count)), count // 39))


def _exact(vectors: Vectors, query: Vectors, k: int) -> tuple[Places, Vectors]:
    products = vectors @ query
    return ranked(np.arange(len(vectors)), products, k)
