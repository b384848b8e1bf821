"""How a question is put together: phrases that nest, and the hop that each phrase costs.

A `Plan` collects hops while phrases are built from the inside out, so that the hops are in an
order in which they can be answered.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .relations import Relation
from .universe import Universe


class FactKey(NamedTuple):
    """A fact by number: which head has which relation."""

    head: int
    relation: str


class PlannedHop(NamedTuple):
    """A hop before it is written out."""

    relation: Relation
    head: int
    query: str
    answer: str
    needs: tuple[int, ...]


class Phrase(NamedTuple):
    """Words for an entity, and the hops that tell which entity they mean (none: it is named)."""

    text: str
    entity: int
    hops: tuple[int, ...] = ()


class Plan:
    """The hops of a question in the making."""

    def __init__(self, universe: Universe) -> None:
        self.universe = universe
        self.hops: list[PlannedHop] = []
        self.used: set[int] = set()
        """Entities that the question is about already."""
        self.named: set[int] = set()
        """Those that its text names."""

    def name(self, entity: int) -> Phrase:
        """Mention an entity by its name."""
        self.used.add(entity)
        self.named.add(entity)
        return Phrase(self.universe.names[entity], entity)

    def follow(self, phrase: Phrase, relation: Relation) -> int:
        """Add the hop from an entity to its tail; return the tail."""
        tail = self.universe.tail(relation.name, phrase.entity)
        query = relation.question.format(x=self.universe.names[phrase.entity])
        self.add(relation, phrase.entity, query, self.universe.text(relation, tail), phrase.hops)
        if relation.span is None:
            self.used.add(tail)
        return tail

    def step(self, phrase: Phrase, relation: Relation) -> Phrase:
        """Go on from a phrase: "Vel" to "the author of Vel"."""
        tail = self.follow(phrase, relation)
        return Phrase(relation.noun.format(x=phrase.text), tail, (len(self.hops) - 1,))

    def add(
        self, relation: Relation, head: int, query: str, answer: str, needs: Iterable[int]
    ) -> int:
        """Add a hop; return its index."""
        self.hops.append(PlannedHop(relation, head, query, answer, tuple(sorted(set(needs)))))
        return len(self.hops) - 1

    @property
    def facts(self) -> tuple[FactKey, ...]:
        """The facts that the hops look up: the question's chain."""
        return tuple(sorted(FactKey(hop.head, hop.relation.name) for hop in self.hops))
