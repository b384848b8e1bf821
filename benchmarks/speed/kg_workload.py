"""What the speed benchmark of graphs plays: questions over random graphs, and actions laid out.

The graphs are those of `kg_heuristics`: hubs, parallel facts, 2 topics, 3 answers. Actions are drawn
before any clock runs. All graphs of a set offer equally many facts, so that the same slots are there
whichever question an episode draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...core import Document, Question
from ...envs.datasets.base import check_split
from ...envs.kg import Graph, Rule, label
from ...seeding import rng_for
from .kg_heuristics import ENTITIES, FACTS, draw

Actions = NDArray[np.integer[Any]]
LAPS = 4
"""Episodes that a sub-environment plays in one pass."""
CHOSEN = 16
"""Facts selected at once in one-shot play, the mean."""


class Size(NamedTuple):
    """How large each graph is."""

    entities: int
    facts: int

    def __str__(self) -> str:
        return f"{self.entities:,} nodes, {self.facts:,} facts"


CWQ = Size(ENTITIES, FACTS)
SMALL = Size(30, 50)


class GraphQuestions:
    """Questions with a graph each, and gold facts by shortest paths.

    Args:
        size: Of every graph.
        count: How many questions.
        start: The number of the first.
    """

    name: ClassVar[str] = "speed_graphs"
    splits: ClassVar[tuple[str, ...]] = ("train",)
    documents: ClassVar[Sequence[Document]] = ()

    def __init__(self, size: Size, count: int, start: int = 0) -> None:
        self.size = size
        self.fingerprint = f"speed_graphs-{size.entities}-{size.facts}-{start}-{count}"
        self._questions = tuple(_question(size, start + index) for index in range(count))

    def questions(self, split: str) -> Sequence[Question]:
        """Return the only split."""
        check_split(split, self.splits, self.name)
        return self._questions


def _question(size: Size, index: int) -> Question:
    case = draw(index, size.entities, size.facts)
    graph = Graph.of(case.facts)
    answers = tuple(dict.fromkeys(case.answers))
    gold = label(graph, graph.entity_ids(case.topics), graph.entity_ids(answers), Rule())
    return Question(
        f"g{index:03}",
        f"Which entities are meant that are near {' and '.join(case.topics)}?",
        answers,
        facts=tuple(case.facts),
        topic_entities=tuple(dict.fromkeys(case.topics)),
        answer_entities=answers,
        gold_facts=tuple(int(fact) for fact in gold.facts),
    )


def select_and_stop(envs: int, offered: int, stop: int, steps: int, laps: int = LAPS) -> Actions:
    """Lay out episodes in which different random facts are selected, then STOP.

    Sub-environments begin at different places of their first episode, so that about as many end in
    each step. The rows may be played over and over.

    Args:
        envs: Sub-environments.
        offered: Facts that every question offers.
        stop: The number of STOP.
        steps: Actions in an episode, STOP included.
        laps: Episodes of each sub-environment.

    Returns:
        `[laps * steps, envs]`, slots.

    >>> (select_and_stop(2, 50, 99, 4, laps=1) == 99).T.astype(int)
    array([[0, 0, 0, 1],
           [0, 1, 0, 0]])
    """
    rng = rng_for(0, "speed", "kg", "slots")
    table = np.full((laps * steps, envs), stop, dtype=np.int64)
    for env in range(envs):
        began = env * steps // envs
        for lap in range(laps):
            rows = np.arange(lap * steps, (lap + 1) * steps - 1) - began
            table[rows % len(table), env] = rng.permutation(offered)[: steps - 1]
    return table


def select_at_once(envs: int, offered: int, width: int, steps: int) -> Actions:
    """Lay out one-shot actions: each selects a few random facts.

    Args:
        envs: Sub-environments.
        offered: Facts that every question offers; the places behind them are padding.
        width: Facts that an action covers.
        steps: How many actions for each sub-environment.

    Returns:
        `[steps, envs, width]` of 0 and 1.
    """
    rng = rng_for(0, "speed", "kg", "at once")
    table = np.zeros((steps, envs, width), dtype=np.int8)
    table[..., :offered] = rng.random((steps, envs, offered)) < CHOSEN / max(offered, 2 * CHOSEN)
    return table
