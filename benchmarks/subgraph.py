"""The part of a question's knowledge graph that an episode is about: what was selected, what is gold.

A results file holds no questions, and a trajectory names facts by their numbers. So a record keeps
the facts themselves: those that were selected and those that should have been.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ..core import Question, Step, Trajectory

MAX_EDGES = 240
"""Facts that a record keeps, the gold ones first."""


class Edge(NamedTuple):
    """One fact of the question's graph."""

    place: int
    """Its index in the question's facts, as `parsed["facts"]` names it."""
    head: str
    relation: str
    tail: str
    gold: bool


@dataclass(frozen=True, slots=True)
class Subgraph:
    """The gold facts of a question and those that an episode selected."""

    edges: tuple[Edge, ...]
    topics: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    """The gold answers, as entities."""


def subgraph_of(question: Question, trajectory: Trajectory | None) -> Subgraph | None:
    """Return what an episode selected, beside the gold; None if it was not about facts.

    Args:
        question: The question; where it names no gold facts, those on shortest paths are gold.
        trajectory: The episode. Its steps name facts in `parsed["facts"]`.
    """
    steps = trajectory.steps if trajectory else ()
    if not question.facts or not any("facts" in step.parsed for step in steps):
        return None
    from ..envs.subgraph.case import with_gold
    from ..rewards.kg.facts import gold_answers

    gold = dict.fromkeys(with_gold(question).gold_facts)
    places = [
        p
        for p in dict.fromkeys((*gold, *(fact for step in steps for fact in _facts(step))))
        if 0 <= p < len(question.facts)
    ]
    facts = [(place, question.facts[place]) for place in places[:MAX_EDGES]]
    return Subgraph(
        tuple(Edge(p, f.head, f.relation, f.tail, p in gold) for p, f in facts),
        question.topic_entities,
        gold_answers(question),
    )


def _facts(step: Step) -> list[int]:
    """Return the facts that a step selected; another environment may mean other things by the word."""
    facts = step.parsed.get("facts")
    return [f for f in facts if isinstance(f, int)] if isinstance(facts, list | tuple) else []
