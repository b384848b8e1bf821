"""A question made ready for play: arrays of what is offered, its features, and its gold.

Everything here is worked out once for a question and shared by all episodes that play it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from gymnasium.spaces import GraphInstance
from numpy.typing import NDArray

from ...core import Fact, Question
from ...rewards.kg.facts import gold_answers
from ..kg import Graph, label
from ..kg.heuristics import known
from ..kg.index import Ids
from .features import Likeness, node_features
from .offered import Choose, offered_facts, possible_facts
from .words import relation_id

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]


class Offer(NamedTuple):
    """What an agent may know of a question: no gold."""

    question: str
    facts: tuple[Fact, ...]
    """Those offered, in the order of their names: fact i is selected by i."""
    topics: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Case:
    """One question. Facts are numbered as they are offered, from 0; entities by their names.

    Its arrays must not be written to.
    """

    question: Question
    """With gold facts, by the heuristic where the set gives none."""
    offer: Offer
    places: tuple[int, ...]
    """The index of each offered fact in `question.facts`: no agent may know it, since files often
    have the gold first."""
    heads: Ids
    """`[facts]`"""
    relations: Ids
    """`[facts]`, by name within this question."""
    tails: Ids
    """`[facts]`"""
    names: tuple[str, ...]
    """The entities, in order."""
    topics: Ids
    """`[topics]`, those that stand in a fact."""
    gold: Bools
    """`[facts]`"""
    num_gold: int
    """Gold facts of the question, those not offered too."""
    answers: Ids
    """`[answers]`; -1 for one that does not stand in what is offered."""
    gold_answers: tuple[str, ...]
    types: Ids
    """`[facts]`, the number of each relation, from 1."""
    edge_features: Floats
    """`[facts, 1]`, how near its relation is to the question."""
    node_features: Floats
    """`[entities, 10]`"""
    vector: Floats
    """`[dim]`, the question's."""

    @property
    def num_facts(self) -> int:
        """How many facts are offered."""
        return len(self.heads)

    @cached_property
    def gold_offered(self) -> int:
        """How many gold facts are offered."""
        return int(self.gold.sum())

    @cached_property
    def graph(self) -> GraphInstance:
        """What is offered as one graph: nodes `[entities, 10]`, edges `[facts, 2]`, links `[facts, 2]`."""
        edges = np.column_stack([self.types.astype(np.float32), self.edge_features])
        links = np.column_stack([self.heads, self.tails])
        edges = np.ascontiguousarray(edges, dtype=np.float32)
        for array in (edges, links):
            array.flags.writeable = False
        return GraphInstance(self.node_features, edges, links)


@dataclass(frozen=True)
class Compiler:
    """Makes cases of questions.

    Args:
        choose: Which facts are offered.
        top_k: How many at most.
        likeness: How near relations are to the question.
        relation_ids: How many numbers there are for relations.
        direct_facts: Whether facts that join a topic and an answer are offered.
    """

    choose: Choose
    top_k: int
    likeness: Likeness
    relation_ids: int = 4096
    direct_facts: bool = True

    def __call__(self, question: Question) -> Case:
        """Return the case of a question.

        Raises:
            ConfigError: If it has more facts than may be offered and nothing chooses.
            RetrievalError: If what chooses, or the encoder, failed.
        """
        whole = Graph.of(question.facts)
        possible = possible_facts(question, whole, direct_facts=self.direct_facts)
        question = with_gold(question, whole, possible)
        places = offered_facts(
            question, whole, self.choose, self.top_k, direct_facts=self.direct_facts
        )
        facts = whole.facts(places)
        offer = Offer(question.text, facts, question.topic_entities)
        graph = Graph.of(facts)
        names = sorted(graph.entities)
        rank = _ranks(graph, names)
        heads, tails = rank[graph.heads], rank[graph.tails]
        at = {name: place for place, name in enumerate(names)}
        topics = np.array(sorted({at[t] for t in offer.topics if t in at}), dtype=np.int32)
        targets = gold_answers(question)
        answers = np.array([at.get(name, -1) for name in targets], dtype=np.int32)
        vector, edge_features = self.likeness(offer)
        types = [relation_id(name, self.relation_ids) for name in graph.relation_names]
        return Case(
            question=question,
            offer=offer,
            places=tuple(places.tolist()),
            heads=_frozen(heads),
            relations=_frozen(graph.relations),
            tails=_frozen(tails),
            names=tuple(names),
            topics=_frozen(topics),
            gold=_frozen(np.isin(places, np.array(question.gold_facts, dtype=np.int64))),
            num_gold=len(set(question.gold_facts)),
            answers=_frozen(answers),
            gold_answers=targets,
            types=_frozen(np.array(types, dtype=np.int32)[graph.relations]),
            edge_features=_frozen(edge_features),
            node_features=_frozen(node_features(heads, tails, topics, len(names))),
            vector=_frozen(vector),
        )


def with_gold(
    question: Question, graph: Graph | None = None, possible: Ids | None = None
) -> Question:
    """Return a question with gold facts: its own, or those on shortest paths from topic to answer.

    Args:
        question: The question.
        graph: Of its facts.
        possible: The facts that paths may take, those that may be offered; by default all.

    >>> facts = (Fact("Ada", "born_in", "London"), Fact("Ada", "knows", "Bo"))
    >>> with_gold(Question("1", "Where?", ("London",), facts=facts, topic_entities=("Ada",))).gold_facts
    (0,)
    """
    if question.gold_facts or not question.facts:
        return question
    graph = graph or Graph.of(question.facts)
    topics = known(graph.entity_ids(question.topic_entities))
    answers = known(graph.entity_ids(gold_answers(question)))
    if possible is None or len(possible) == graph.num_facts:
        found = label(graph, topics, answers).facts
    else:
        found = possible[label(graph.select(possible), topics, answers).facts]
    return replace(question, gold_facts=tuple(found.tolist()))


def _ranks(graph: Graph, names: list[str]) -> Ids:
    """Return the number of each of a graph's entities where they are numbered by name."""
    ranks = np.empty(graph.num_entities, dtype=np.int32)
    ranks[graph.entity_ids(names)] = np.arange(len(names), dtype=np.int32)
    return ranks


def _frozen(array: Any) -> Any:
    array.flags.writeable = False
    return array
