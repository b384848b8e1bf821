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
from .words import fact_words, relation_words

if TYPE_CHECKING:
    from .case import Offer

Floats = NDArray[np.float32]

ROUNDS = 2
"""How far the topics are felt, each way."""

NODE_FEATURES = 2 + 2 * 2 * ROUNDS
"""How many numbers an entity has."""

EDGE_FEATURES = 2
"""How many numbers a fact has besides its relation's."""


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


def similarities(encoder: Encoder, offer: Offer) -> tuple[Floats, Floats]:
    """Return the question's vector, and how near it the words of each fact are.

    Returns:
        `[dim]`, of length 1; and `[facts, 2]`, the cosines of the question with the relation's
        name and with the whole fact, from -1 to 1.
    """
    (question,) = unit(checked(encoder.encode_queries([offer.question]), 1, encoder))
    relations = list(dict.fromkeys(fact.relation for fact in offer.facts))
    texts = [relation_words(relation) for relation in relations] + list(
        map(fact_words, offer.facts)
    )
    if not texts:
        return question, np.zeros((0, EDGE_FEATURES), dtype=np.float32)
    documents = [Document(str(place), "", text) for place, text in enumerate(texts)]
    vectors = unit(checked(encoder.encode_documents(documents), len(texts), encoder))
    near = np.clip(vectors @ question, -1.0, 1.0)
    place = {relation: at for at, relation in enumerate(relations)}
    by_relation = near[[place[fact.relation] for fact in offer.facts]]
    return question, np.column_stack([by_relation, near[len(relations) :]]).astype(np.float32)
