"""Exercises for the small policy: many decisions to a page, where an episode has two or three.

An exercise in reading shows documents as the environment does and states all that they tell; one in
comparing picks numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ...core import Document, Fact
from ...envs.datasets.world import World
from ...envs.datasets.world.relations import BY_NAME, KINDS, RELATIONS, relations_from
from ...envs.grammars.r3 import ANALYSIS, R3Grammar
from .sentences import compared, met, statement


class Reading:
    """Exercises in reading, drawn from a world.

    Args:
        world: Whose documents are read.
        retriever: Finds them, as in an episode.
    """

    def __init__(self, world: World, retriever: Any) -> None:
        self.world = world
        self.retriever = retriever
        self.grammar = R3Grammar()

    def draw(self, rng: np.random.Generator, count: int, top_k: int) -> Iterator[tuple[str, str]]:
        """Yield `(documents as shown, a step that states what they tell)`."""
        universe = self.world.universe
        entities = rng.integers(0, universe.size, count).tolist()
        queries = [self._query(entity, rng) for entity in entities]
        for row in self.retriever.search(queries, top_k):
            documents = [document for document, _ in row]
            told = [fact for document in documents for fact in self._told.get(document.id, ())]
            if told:
                said = [*map(statement, told), *self._met(told, rng)]
                yield self._shown(documents), _step(2, _shuffled(said, rng))

    def _met(self, told: Sequence[Fact], rng: np.random.Generator) -> Iterator[str]:
        """Yield which of those told of fulfil two conditions."""
        facts: dict[str, list[Fact]] = {}
        for fact in told:
            if BY_NAME[fact.relation].condition:
                facts.setdefault(fact.head, []).append(fact)
        for about in facts.values():
            if len(about) > 1:
                noun = _NOUNS[BY_NAME[about[0].relation].head]
                yield met(noun, _shuffled(about, rng)[:2])

    def _query(self, entity: int, rng: np.random.Generator) -> str:
        options = relations_from(self.world.universe.kinds[entity])
        return options[int(rng.integers(len(options)))].noun.format(
            x=self.world.universe.names[entity]
        )

    def _shown(self, documents: Sequence[Document]) -> str:
        lines = [
            self.grammar.document(number, document.title, document.text, 512)
            for number, document in enumerate(documents, 1)
        ]
        return self.grammar.documents(lines)

    @cached_property
    def _told(self) -> dict[str, list[Fact]]:
        """What each document tells, by its id."""
        told: dict[str, list[Fact]] = {}
        universe, library = self.world.universe, self.world.library
        for entity in range(universe.size):
            for relation in relations_from(universe.kinds[entity]):
                tail = universe.text(relation, universe.tail(relation.name, entity))
                fact = Fact(universe.names[entity], relation.name, tail)
                told.setdefault(library.document_id(relation, entity), []).append(fact)
        return told


def compare(rng: np.random.Generator, count: int) -> Iterator[tuple[str, str]]:
    """Yield exercises in comparing: what is given, and what is to be picked of it."""
    yield _step(3, []), ""
    for _ in range(count):
        relation = _NUMBERS[int(rng.integers(len(_NUMBERS)))]
        assert relation.span is not None
        one, two = rng.integers(relation.span[0], relation.span[1] + 1, 2).tolist()
        said = compared(relation, [one, two], most=bool(rng.integers(2)))
        given, _, picked = said.rpartition(" ")
        yield given, picked


def _step(number: int, said: Sequence[str]) -> str:
    return f"Step {number}:\n{' '.join([ANALYSIS, *said])}"


def _shuffled(items: Sequence[Any], rng: np.random.Generator) -> list[Any]:
    return [items[place] for place in rng.permutation(len(items)).tolist()]


_NOUNS = {kind.name: kind.noun for kind in KINDS}
_NUMBERS = [relation for relation in RELATIONS if relation.span is not None]
