"""What a reranker is: a query and a document in, one number out.

It looks at each pair alone, so that a batch equals its pairs one by one. It knows nothing of who
found the document, or where it stood.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ...core import Document
from ...errors import RetrievalError

Pair = tuple[str, Document]
"""A query and a document that may answer it."""


@runtime_checkable
class Reranker(Protocol):
    """Anything that says how well a document answers a query. Safe to call from several threads."""

    @property
    def fingerprint(self) -> str:
        """A name of everything that changes a score."""

    def score(self, pairs: Sequence[Pair]) -> Sequence[float] | NDArray[Any]:
        """Return a number for each pair, the larger the better; each pair is looked at alone."""


def scored(reranker: Reranker, pairs: Sequence[Pair]) -> list[float]:
    """Score pairs, refusing what is not one finite number for each.

    Raises:
        RetrievalError: If the scores are not.
    """
    if not pairs:
        return []
    scores = np.asarray(reranker.score(pairs), dtype=np.float64)
    if scores.shape != (len(pairs),) or not np.isfinite(scores).all():
        raise RetrievalError(
            f"The reranker {reranker!r:.80} gave scores of shape {scores.shape} for {len(pairs)} "
            "pairs, or some that are no finite numbers; it must give one number for each pair."
        )
    values: list[float] = scores.tolist()
    return values
