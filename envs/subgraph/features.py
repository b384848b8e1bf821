"""What a policy sees of a graph besides its links: where the topics are, and what words match.

Nothing here knows the gold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...core import Document
from ...retrieval.encoders import Encoder
from ...retrieval.encoders.base import checked, unit
from ..kg.index import Ids
from .words import relation_words

if TYPE_CHECKING:
    from .case import Offer

Floats = NDArray[np.float32]

ROUNDS = 2
"""How far the topics are felt, each way."""

NODE_FEATURES = 2 + 2 * 2 * ROUNDS
"""How many numbers an entity has."""

EDGE_FEATURES = 1
"""How many numbers a fact has besides its relation's."""

MOST_KNOWN = 100_000
"""Relations whose vectors are remembered."""


def node_features(heads: Ids, tails: Ids, topics: Ids, count: int) -> Floats:
    """Return the directional distance encoding of SubgraphRAG (arXiv 2410.20724, section 3.1).

    The one-hot of "is a topic, is none", and its mean over the facts that arrive, propagated twice
    along the facts and twice against them.

    Args:
        heads: `[facts]`, entities from 0.
        tails: `[facts]`
        topics: Entities.
        count: How many entities there are.

    Returns:
        `[count, 10]`, from 0 to 1.

    >>> node_features(np.array([0]), np.array([1]), np.array([0]), 2)[:, 0:4].tolist()
    [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 1.0, 0.0]]
    """
    own = np.zeros((count, 2), dtype=np.float32)
    own[:, 1] = 1.0
    own[topics] = (1.0, 0.0)
    columns = [own]
    for starts, ends in ((heads, tails), (tails, heads)):
        degrees = np.maximum(np.bincount(ends, minlength=count), 1)
        felt = own
        for _ in range(ROUNDS):
            sums = [np.bincount(ends, felt[starts, side], minlength=count) for side in (0, 1)]
            felt = (np.column_stack(sums) / degrees[:, None]).astype(np.float32)
            columns.append(felt)
    return np.ascontiguousarray(np.concatenate(columns, axis=1))


class Likeness:
    """Tells how near questions are to the names of relations; it remembers the names' vectors.

    Each name is encoded by itself, so that a number does not depend on what was asked before.

    Args:
        encoder: Makes the vectors.
    """

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self._known: dict[str, Floats] = {}

    def __call__(self, offer: Offer) -> tuple[Floats, Floats]:
        """Return the question's vector, and how near it each fact's relation is.

        Returns:
            `[dim]`, of length 1; and `[facts, 1]`, cosines from -1 to 1.

        Raises:
            RetrievalError: If the encoder failed.
        """
        encoder = self.encoder
        (question,) = unit(checked(encoder.encode_queries([offer.question]), 1, encoder))
        near = {
            relation: float(np.clip(np.einsum("d,d", self._vector(relation), question), -1, 1))
            for relation in dict.fromkeys(fact.relation for fact in offer.facts)
        }
        column = np.array([near[fact.relation] for fact in offer.facts], dtype=np.float32)
        return question, column.reshape(-1, EDGE_FEATURES)

    def _vector(self, relation: str) -> Floats:
        vector = self._known.get(relation)
        if vector is None:
            document = Document("0", "", relation_words(relation))
            (vector,) = unit(checked(self.encoder.encode_documents([document]), 1, self.encoder))
            if len(self._known) < MOST_KNOWN:
                self._known[relation] = vector
        return vector

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_known": {}}
