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
from ...errors import HopgymError, RetrievalError

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
    """Score pairs, those that read the same once, so that copies of a document tie.

    Raises:
        RetrievalError: If the reranker fails, or gives what is not one finite number for each.
    """
    if not pairs:
        return []
    keys = [(query, document.title, document.text) for query, document in pairs]
    distinct: dict[tuple[str, str, str], Pair] = {}
    for key, pair in zip(keys, pairs, strict=True):
        distinct.setdefault(key, pair)
    scores = _asked(reranker, list(distinct.values()))
    if scores.shape != (len(distinct),) or not np.isfinite(scores).all():
        raise RetrievalError(
            f"The reranker {reranker!r:.80} gave scores of shape {scores.shape} for "
            f"{len(distinct)} pairs, or some that are no finite numbers; it must give one number "
            "for each pair."
        )
    found = dict(zip(distinct, scores.tolist(), strict=True))
    return [found[key] for key in keys]


def _asked(reranker: Reranker, pairs: Sequence[Pair]) -> NDArray[np.float64]:
    try:
        return np.asarray(reranker.score(pairs), dtype=np.float64)
    except HopgymError:
        raise
    except Exception as error:
        raise RetrievalError(
            f"The reranker {reranker!r:.80} failed on {len(pairs)} pairs "
            f"({type(error).__name__}: {error!s:.200})."
        ) from error
