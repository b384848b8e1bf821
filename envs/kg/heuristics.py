"""Shortest-path supervision: which facts lie on a short path from a topic to an answer.

No path is enumerated. A fact from u to v lies on a walk of at most d + slack facts from topic q to
answer a if, and only if, d(q, u) + 1 + d(v, a) <= d + slack, where d = d(q, a): two breadth-first
searches and one comparison per fact say all. Parallel facts are all labelled.

Walks and simple paths. Enumeration speaks of simple paths, which visit no entity twice. A walk of at
most d + slack that visits one twice has a circle which can be cut out, and what is left is no
shorter than d; so the circle has at most `slack` facts.

- slack 0: there is no such circle, walks are simple paths.
- slack 1: the circle is a self-loop. Self-loops are never labelled, so the test is exact again.
- slack 2: the circle may also be a fact there and a fact back, u -> v -> u, put into a shortest
  path. In an undirected graph every fact that hangs on a shortest path would pass. Such a fact is
  labelled only if it can be reached or left another way: u has a second neighbour that is one hop
  nearer to q, where v is one, and v has a second neighbour that is one hop nearer to a, where u is
  one. As both halves of the walk are shortest ones, no other entity can come twice.

So the labels equal those of enumerated simple paths for every slack that a rule takes. The tests
enumerate to show it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .expansion import FAR
from .graph import Graph
from .index import Ids
from .precision import precise_arcs
from .rule import Rule
from .side import Mask, Side, sides_of


@dataclass(frozen=True, slots=True)
class Labels:
    """What a rule says of a question's graph."""

    facts: Ids
    """The facts that lie on a path that counts, in order."""
    topics: Ids
    """The topic entities that the graph has, each once."""
    answers: Ids
    """The answer entities that the graph has, each once."""
    distances: Ids
    """Hops of the shortest path, shape `[topics, answers]`; 0 where a topic is the answer, -1 where
    no path counts. The rule's precision is not asked here."""

    @property
    def hops(self) -> int:
        """The longest of the shortest paths between a topic and an answer; 0 where there is none."""
        return int(self.distances.max(initial=0))


def label(
    graph: Graph, topics: npt.ArrayLike, answers: npt.ArrayLike, rule: Rule | None = None
) -> Labels:
    """Label the facts that lie on a short path from a topic to an answer.

    Args:
        graph: The question's graph.
        topics: Entity ids; -1, which stands for a name that the graph does not have, is passed over.
        answers: Likewise.
        rule: Which paths count; by default undirected shortest ones of at most 6 facts.

    Raises:
        ConfigError: If an id is no entity of the graph.
        DataError: If the paths' relations are too many to tell their precision.

    >>> from hopgym.core import Fact
    >>> graph = Graph.of(
    ...     [
    ...         Fact("Ada", "born_in", "London"),
    ...         Fact("Ada", "lives_in", "London"),
    ...         Fact("London", "capital_of", "England"),
    ...         Fact("Bo", "born_in", "London"),
    ...     ]
    ... )
    >>> topics, answers = graph.entity_ids(["Ada"]), graph.entity_ids(["England"])
    >>> label(graph, topics, answers).facts.tolist()
    [0, 1, 2]
    """
    rule = rule or Rule()
    topics, answers = known(topics), known(answers)
    sides = sides_of(graph, topics, answers, rule)
    found = np.zeros(graph.num_facts, bool)
    for side in sides:
        found |= side.to_facts(_arcs(side, rule), graph.num_facts)
    hops = np.min([side.hops for side in sides], axis=0)
    hops[hops >= FAR] = -1
    return Labels(np.flatnonzero(found).astype(np.int32), topics, answers, hops)


def _arcs(side: Side, rule: Rule) -> Mask:
    """Return the arcs that lie on a path that counts, for any topic."""
    found = np.zeros(len(side.starts), bool)
    if not side.answers.size:
        return found
    turns = Turns.of(side) if rule.slack == 2 else None
    for topic in np.flatnonzero((side.lengths >= 0).any(axis=1)):
        arcs = _arcs_from(side, topic, turns)
        if rule.min_precision:
            arcs = precise_arcs(side, int(topic), arcs, rule.min_precision)
        found |= arcs
    return found


def _arcs_from(side: Side, topic: np.intp, turns: Turns | None) -> Mask:
    near, lengths = side.near[topic], side.lengths[topic][:, None]
    surely = lengths if turns is None else np.minimum(lengths, side.hops[topic][:, None] + 1)
    # For all answers at once: what is left of the nearest limit, seen from each entity.
    left = (side.far - surely).min(axis=0)
    found: Mask = near[side.starts] + 1 + left[side.ends] <= 0
    if turns is not None:
        far = side.far[:, side.ends] + np.where(turns.at_end, FAR, 0)
        found |= (near[side.starts] + 1 + (far - lengths).min(axis=0) <= 0) & ~turns.at_start[topic]
    found &= side.starts != side.ends
    return found


@dataclass(frozen=True, slots=True)
class Turns:
    """Arcs u -> v that a shortest half of a walk can only join by going to and fro."""

    at_start: Mask
    """The only way to u comes from v; shape `[topics, arcs]`."""
    at_end: Mask
    """The only way on from v is back to u; shape `[answers, arcs]`."""

    @classmethod
    def of(cls, side: Side) -> Turns:
        """Find them."""
        size = side.num_entities
        forth = np.unique(side.starts.astype(np.int64) * size + side.ends)
        back = np.isin(side.ends.astype(np.int64) * size + side.starts, forth)
        tails, heads = np.divmod(forth, size)  # each pair of entities once, so parallels count once
        at_start = [
            back & (near[side.ends] + 1 == near[side.starts]) & (ways[side.starts] < 2)
            for near in side.near
            for ways in [np.bincount(heads[near[tails] + 1 == near[heads]], minlength=size)]
        ]
        at_end = [
            back & (far[side.starts] + 1 == far[side.ends]) & (ways[side.ends] < 2)
            for far in side.far
            for ways in [np.bincount(tails[far[heads] + 1 == far[tails]], minlength=size)]
        ]
        arcs = len(side.starts)
        return cls(
            np.reshape(at_start, (len(side.near), arcs)).astype(bool),
            np.reshape(at_end, (len(side.far), arcs)).astype(bool),
        )


def known(ids: npt.ArrayLike) -> Ids:
    """Return ids each once and in order, without the -1 of names that a graph does not have."""
    given = np.asarray(ids, np.int32).ravel()
    return np.unique(given[given != -1])
