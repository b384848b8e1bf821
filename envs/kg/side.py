"""One side of a graph: its facts as arcs in the direction in which a rule lets them be walked.

A directed rule has one side; `either` has two, along the facts and against them; an undirected one
has a single side in which every fact stands twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .expansion import FAR, Direction, distances
from .graph import Graph
from .index import Ids
from .rule import Rule

Mask = npt.NDArray[np.bool_]

AGAINST: dict[Direction, Direction] = {
    "directed": "reversed",
    "reversed": "directed",
    "undirected": "undirected",
}


@dataclass(frozen=True, slots=True)
class Side:
    """Arcs `starts[i] -> ends[i]`, and how far topics and answers are from every entity."""

    starts: Ids
    ends: Ids
    steps: Ids
    """Each arc's relation, and apart from those the relation walked backwards."""
    topics: Ids
    answers: Ids
    near: Ids
    """Hops from each topic, shape `[topics, entities]`."""
    far: Ids
    """Hops to each answer, shape `[answers, entities]`."""
    hops: Ids
    """Hops from topic to answer, shape `[topics, answers]`; `FAR` where no path counts."""
    lengths: Ids
    """The longest path that counts for a pair, same shape; -1 where none does."""

    @property
    def num_entities(self) -> int:
        """How many entities the graph has."""
        return int(self.near.shape[1])

    def to_facts(self, arcs: Mask, facts: int) -> Mask:
        """Return which facts these arcs are."""
        if not facts:
            return np.zeros(0, bool)
        found: Mask = np.logical_or.reduce(arcs.reshape(-1, facts), axis=0)
        return found


def sides_of(graph: Graph, topics: Ids, answers: Ids, rule: Rule) -> list[Side]:
    """Return the sides of a graph under a rule."""
    if rule.mode != "either":
        return [_side(graph, topics, answers, rule, rule.mode)]
    along, against = (
        _side(graph, topics, answers, rule, direction) for direction in ("directed", "reversed")
    )
    return [_where(along, along.hops <= against.hops), _where(against, against.hops <= along.hops)]


def _side(graph: Graph, topics: Ids, answers: Ids, rule: Rule, direction: Direction) -> Side:
    near, far = _near_and_far(graph, topics, answers, direction, rule.max_hops)
    hops = near[:, answers]
    # a topic that is its own answer needs no fact
    counts = (hops > 0) & (hops < FAR)
    longest = FAR if rule.max_hops is None else rule.max_hops
    lengths = np.where(counts, np.minimum(hops + rule.slack, longest), -1).astype(np.int32)
    arcs = [(graph.heads, graph.tails, graph.relations)]
    back = (graph.tails, graph.heads, graph.relations + graph.num_relations)
    if direction != "directed":
        arcs = [back] if direction == "reversed" else [*arcs, back]
    starts, ends, steps = (np.concatenate(part) for part in zip(*arcs, strict=True))
    return Side(starts, ends, steps, topics, answers, near, far, hops, lengths)


def _near_and_far(
    graph: Graph, topics: Ids, answers: Ids, direction: Direction, hops: int | None
) -> tuple[Ids, Ids]:
    if direction == "undirected":  # there and back is the same, so one search does for both
        both = distances(graph, [*topics, *answers], direction=direction, max_hops=hops)
        return both[: len(topics)], both[len(topics) :]
    near = distances(graph, topics, direction=direction, max_hops=hops)
    return near, distances(graph, answers, direction=AGAINST[direction], max_hops=hops)


def _where(side: Side, pairs: Mask) -> Side:
    """Return the side with only some pairs of topic and answer counting."""
    return Side(
        side.starts,
        side.ends,
        side.steps,
        side.topics,
        side.answers,
        side.near,
        side.far,
        np.where(pairs, side.hops, FAR).astype(np.int32),
        np.where(pairs, side.lengths, -1).astype(np.int32),
    )
