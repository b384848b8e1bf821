"""`ppr`: the facts nearest the topics, by personalised PageRank. It does not read the question.

The control for anything that claims to retrieve: how far the mere neighbourhood of the topic goes.
It is also how question graphs are cut before anybody sees them (GraftNet, arXiv 1809.00782).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..envs.kg import Graph
from ..envs.kg.expansion import pagerank
from ..envs.kg.heuristics import known
from ..envs.settings import at_least
from ..envs.subgraph.case import Offer
from ..retrieval.encoders.base import spec_of
from .selecting import Given, Ranking, SelectingAgent

FACTS_TAKEN = 8
"""By default."""


class PprAgent(SelectingAgent):
    """Selects the facts whose two ends a walk from the topics meets most.

    Args:
        facts: How many, at most.

    >>> PprAgent().name, PprAgent(facts=3).name
    ('ppr', 'ppr?facts=3')

    Raises:
        ConfigError: If it is no whole number from 1.
    """

    name = "ppr"

    def __init__(self, *, facts: int = FACTS_TAKEN) -> None:
        super().__init__()
        at_least("facts", facts, 1)
        self.facts = facts
        # a row of a leaderboard is known by its name
        self.name = spec_of("ppr", {"facts": None if facts == FACTS_TAKEN else facts})

    def rank(self, questions: Sequence[Given]) -> list[Ranking]:
        """Rank the facts of each question."""
        return [Ranking(nearest(one.offer), self.facts) for one in questions]


def nearest(offer: Offer) -> list[int]:
    """Return all facts, those nearest the topics first, those alike in their order.

    >>> from hopgym.core import Fact
    >>> facts = (Fact("b", "r", "c"), Fact("c", "r", "d"), Fact("a", "r", "b"))
    >>> nearest(Offer("Who?", facts, ("a",)))
    [2, 0, 1]
    """
    graph = Graph.of(offer.facts)
    ranks = pagerank(graph, known(graph.entity_ids(offer.topics)))
    # a float's last bit depends on the order of a sum; whole numbers make ties ties
    worth = np.round((ranks[graph.heads] + ranks[graph.tails]) * 1e12)
    return [int(slot) for slot in np.argsort(-worth, kind="stable")]
