"""The inner loops of three published environments over graphs, written anew from descriptions.

None of their code is here: each class does what the environment it is named after is described to
do for one action, with Python's and numpy's own means, and leaves out the rest (embeddings, reward,
text), so that the originals are slower rather than faster.

* DeepPath (Xiong et al., EMNLP 2017): `interact` reads the whole knowledge base as lines of text
  and splits each of them again at every step.
* MINERVA (Das et al., ICLR 2018): a table of at most 200 actions for each entity, sliced for all
  walkers at once; on the last hop, a double loop in Python over walkers and actions takes out the
  other answers.
* KG-R1 (2025): a server whose handlers scan all facts of the question's graph for each call.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...core import Fact, Question
from ...seeding import rng_for
from .peers import Play

MAX_STEPS = 50
"""DeepPath's longest walk."""
WIDTH, HOPS = 200, 3
"""MINERVA's actions for each entity, and its steps in an episode."""
PAD, NO_OP = 0, 1
"""MINERVA's first two relations."""
CALLS = 4
"""Calls of KG-R1's in an episode: relations and entities, twice."""

Ints = NDArray[np.integer[Any]]


class Arrival(NamedTuple):
    """Where a step of DeepPath's has led."""

    entity: str
    valid: bool
    done: bool


class DeepPathLines:
    """A knowledge base as lines of text, of which every step reads all."""

    def __init__(self, facts: Sequence[Fact], seed: int = 0) -> None:
        self._lines = [f"{fact.head}\t{fact.relation}\t{fact.tail}\n" for fact in facts]
        self._rng = rng_for(seed, "speed", "deeppath")

    def interact(self, entity: str, target: str, relation: str) -> Arrival:
        """Follow a relation to a random one of its tails; where it has none, stay."""
        tails = []
        for line in self._lines:
            head, kind, tail = line.rstrip("\n").split("\t")
            if head == entity and kind == relation:
                tails.append(tail)
        if not tails:
            return Arrival(entity, False, False)
        reached = tails[self._rng.integers(len(tails))]
        return Arrival(reached, True, reached == target)


class MinervaTable:
    """Actions of every entity of several graphs in one array; entities are numbered through.

    `table` is int32 `[entities, width, 2]`, relation and next entity: first NO_OP, which stays, then
    outgoing facts as far as there is room, then PAD.

    Args:
        graphs: The facts of each.
        width: Actions for each entity.
    """

    def __init__(self, graphs: Sequence[Sequence[Fact]], width: int = WIDTH) -> None:
        self.entities: dict[tuple[int, str], int] = {}
        self.relations: dict[str, int] = {"PAD": PAD, "NO_OP": NO_OP}
        out: dict[int, list[tuple[int, int]]] = {}
        for owner, facts in enumerate(graphs):
            for fact in facts:
                head, tail = (self._number(owner, name) for name in (fact.head, fact.tail))
                relation = self.relations.setdefault(fact.relation, len(self.relations))
                out.setdefault(head, []).append((relation, tail))
        self.table = np.full((len(self.entities), width, 2), PAD, dtype=np.int32)
        for entity in range(len(self.entities)):
            actions = [(NO_OP, entity), *out.get(entity, ())][:width]
            self.table[entity, : len(actions)] = actions
        self.degrees = np.count_nonzero(self.table[..., 0], axis=1)

    def _number(self, owner: int, name: str) -> int:
        return self.entities.setdefault((owner, name), len(self.entities))

    def return_next_actions(
        self, at: Ints, start: Ints, answer: Ints, answers: Sequence[set[int]], last: bool
    ) -> Ints:
        """Return what each walker may do, `[walkers, width, 2]`; what it must not is PAD.

        Args:
            at: `[walkers]`, where each stands.
            start: `[walkers]`, where it began: from there, no fact leads straight to its answer.
            answer: `[walkers]`, the answer that it looks for.
            answers: All answers of its question.
            last: Whether this is the last hop, on which the other answers are taken out.
        """
        actions = self.table[at]
        straight = (at == start)[:, None] & (actions[..., 1] == answer[:, None])
        straight[:, 0] = False
        actions[straight] = PAD
        if last:
            for walker in range(len(at)):
                for place in range(actions.shape[1]):
                    entity = actions[walker, place, 1]
                    if entity in answers[walker] and entity != answer[walker]:
                        actions[walker, place] = PAD
        return actions


class KgR1Handlers:
    """The four calls of KG-R1's server, each of which scans all facts of one question's graph."""

    def __init__(self, facts: Sequence[Fact]) -> None:
        self._facts = [(fact.head, fact.relation, fact.tail) for fact in facts]

    def get_tail_relations(self, entity: str) -> list[str]:
        """Return the relations that lead on from an entity."""
        return sorted({relation for head, relation, _ in self._facts if head == entity})

    def get_head_relations(self, entity: str) -> list[str]:
        """Return the relations that lead to an entity."""
        return sorted({relation for _, relation, tail in self._facts if tail == entity})

    def get_tail_entities(self, entity: str, relation: str) -> list[str]:
        """Return where a relation leads to from an entity."""
        return sorted({t for head, kind, t in self._facts if head == entity and kind == relation})

    def get_head_entities(self, relation: str, entity: str) -> list[str]:
        """Return from where a relation leads to an entity."""
        return sorted({h for h, kind, tail in self._facts if tail == entity and kind == relation})


def play_deeppath(questions: Sequence[Question], steps: int) -> Play:
    """Take some steps in the graphs in turn, by relations drawn from all of the graph's."""
    rng = rng_for(0, "speed", "deeppath", "actions")
    graphs = [DeepPathLines(question.facts, seed) for seed, question in enumerate(questions)]
    drawn = [
        [question.facts[n].relation for n in rng.integers(len(question.facts), size=steps)]
        for question in questions
    ]

    def play() -> int:
        graph = steps_here = 0
        entity = questions[0].topic_entities[0]
        for step in range(steps):
            target = questions[graph].answer_entities[0]
            entity, _, done = graphs[graph].interact(entity, target, drawn[graph][step])
            steps_here += 1
            if done or steps_here == min(MAX_STEPS, max(1, steps // len(graphs))):
                graph, steps_here = (graph + 1) % len(graphs), 0
                entity = questions[graph].topic_entities[0]
        return steps

    return play


def play_minerva(questions: Sequence[Question], walkers: int, last_only: bool = False) -> Play:
    """Walk some episodes side by side; `last_only` counts and takes nothing but the last hops."""
    table = MinervaTable([question.facts for question in questions])
    asked = [questions[n % len(questions)] for n in range(walkers)]

    def number(walker: int, name: str) -> int:
        return table.entities[walker % len(questions), name]

    start = np.array([number(n, question.topic_entities[0]) for n, question in enumerate(asked)])
    answer = np.array([number(n, question.answer_entities[0]) for n, question in enumerate(asked)])
    answers = [{number(n, name) for name in q.answer_entities} for n, q in enumerate(asked)]
    chances = rng_for(0, "speed", "minerva").random((HOPS, walkers))
    hops = range(HOPS - 1, HOPS) if last_only else range(HOPS)
    everyone = np.arange(walkers)

    def play() -> int:
        at = start
        for hop in hops:
            last = hop == HOPS - 1
            actions = table.return_next_actions(at, start, answer, answers, last)
            places = (chances[hop] * table.degrees[at]).astype(int)
            chosen = actions[everyone, places]
            at = np.where(chosen[:, 0] == PAD, at, chosen[:, 1])
        return walkers * len(hops)

    return play


def play_kg_r1(questions: Sequence[Question]) -> Play:
    """Ask for relations, then for entities, from the topic of each graph on."""
    graphs = [KgR1Handlers(question.facts) for question in questions]
    chances = rng_for(0, "speed", "kg-r1").random((len(questions), CALLS))

    def play() -> int:
        return sum(
            _walk(graph, question.topic_entities[0], row)
            for graph, question, row in zip(graphs, questions, chances.tolist(), strict=True)
        )

    return play


def _walk(graph: KgR1Handlers, entity: str, chances: Sequence[float]) -> int:
    """Play one episode and return its calls; at an end, the next pair of calls goes backwards."""
    backwards = False
    for pick, then in zip(chances[::2], chances[1::2], strict=True):
        ask = graph.get_head_relations if backwards else graph.get_tail_relations
        relations = ask(entity)
        relation = relations[int(pick * len(relations))] if relations else ""
        found = (
            graph.get_head_entities(relation, entity)
            if backwards
            else graph.get_tail_entities(entity, relation)
        )
        backwards = not found
        entity = found[int(then * len(found))] if found else entity
    return len(chances)
