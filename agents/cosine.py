"""`cosine`: the facts whose words are nearest to the question's, by an encoder.

What retrieval by text alone finds in a graph: it looks at every fact by itself, and at no path.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from ..core import Document
from ..envs.settings import at_least
from ..envs.subgraph.words import fact_words
from ..retrieval.encoders import Encoder, make_encoder
from ..retrieval.encoders.base import Vectors, checked, spec_of, unit
from .selecting import Given, Ranking, SelectingAgent

FACTS_TAKEN = 8
"""By default."""


class CosineAgent(SelectingAgent):
    """Selects the facts whose words, head, relation and tail, are nearest to the question.

    Args:
        encoder: What makes the vectors: a name, folder or encoder; by default the environment's.
        facts: How many facts, at most.

    Raises:
        UnknownNameError: If no encoder has that name.
        ConfigError: If `facts` is no whole number from 1.
    """

    name = "cosine"

    def __init__(self, *, encoder: str | Encoder | None = None, facts: int = FACTS_TAKEN) -> None:
        super().__init__()
        at_least("facts", facts, 1)
        self.facts = facts
        self._given = encoder
        self.encoder = None if encoder is None else make_encoder(encoder)
        told = encoder if encoder is None or isinstance(encoder, str) else encoder.fingerprint
        taken = None if facts == FACTS_TAKEN else facts
        # a row of a leaderboard is known by its name
        self.name = spec_of("cosine", {"encoder": told, "facts": taken})

    def bind(self, env: Any) -> None:
        """Look at what the environment offers, and take its encoder where none was given."""
        super().bind(env)
        if self._given is None:
            self.encoder = self.table.stage.encoder

    def rank(self, questions: Sequence[Given]) -> list[Ranking]:
        """Rank the facts of all questions by one call of the encoder; those alike keep their order."""
        asked, facts = self._vectors(questions)
        sizes = [len(one.offer.facts) for one in questions]
        parts = pairwise(accumulate(sizes, initial=0))
        near = [facts[start:end] @ own for own, (start, end) in zip(asked, parts, strict=True)]
        return [Ranking(_order(one), self.facts) for one in near]

    def _vectors(self, questions: Sequence[Given]) -> tuple[Vectors, Vectors]:
        """Return the vectors of the questions, and of all their facts one after the other."""
        encoder = self.encoder
        assert encoder is not None  # since it is bound
        texts = [fact_words(fact) for one in questions for fact in one.offer.facts]
        place = {text: at for at, text in enumerate(dict.fromkeys(texts))}
        documents = [Document(str(at), "", text) for text, at in place.items()]
        made = encoder.encode_queries([one.offer.question for one in questions])
        asked = unit(checked(made, len(questions), encoder))
        if not documents:
            return asked, np.zeros((0, encoder.dim), dtype=np.float32)
        vectors = unit(checked(encoder.encode_documents(documents), len(documents), encoder))
        return asked, vectors[[place[text] for text in texts]]


def _order(near: Any) -> list[int]:
    # in units of a millionth: the last bits of a product depend on the size of the batch
    return [int(slot) for slot in np.argsort(-np.round(near * 1e6), kind="stable")]
