"""Paths: one shortest, or the simple ones up to a length, as facts or as entities."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np
import numpy.typing as npt

from .expansion import FAR, Direction, checked, distances
from .graph import Graph
from .heuristics import known
from .index import Ids
from .rule import Rule
from .side import AGAINST, Side, sides_of


def shortest_path(
    graph: Graph,
    source: int,
    target: int,
    *,
    direction: Direction = "directed",
    max_hops: int | None = None,
) -> Ids | None:
    """Return the facts of one shortest path, in their order along it; None where there is none.

    Of several, the one whose facts were given first, step by step.

    Raises:
        ConfigError: If an end is no entity of the graph, or a setting is not allowed.

    >>> from hopgym.core import Fact
    >>> graph = Graph.of([Fact("a", "r", "b"), Fact("c", "r", "b"), Fact("a", "s", "b")])
    >>> shortest_path(graph, 0, 1, direction="undirected").tolist()
    [0, 1]
    """
    (source,) = checked(graph, source).tolist()
    against = AGAINST.get(direction, direction)  # what is no direction is refused below
    left = distances(graph, target, direction=against, max_hops=max_hops)[0]
    if left[source] >= FAR:
        return None
    path, here = [], source
    while left[here]:
        fact, here = min(
            (fact, end) for fact, end in _next(graph, here, direction) if left[end] < left[here]
        )
        path.append(fact)
    return np.array(path, np.int32)


def entity_paths(
    graph: Graph,
    topics: npt.ArrayLike,
    answers: npt.ArrayLike,
    rule: Rule | None = None,
    *,
    facts: npt.ArrayLike | None = None,
    limit: int = 100,
) -> list[tuple[int, ...]]:
    """Return paths that count under a rule, as entities from topic to answer, each once.

    Unlike `label` it enumerates, so it takes a limit. Precision is not asked: give the labelled
    facts, and paths keep to those.

    Args:
        graph: The question's graph.
        topics: Entity ids, -1 passed over.
        answers: Likewise.
        rule: Which paths count.
        facts: The facts to keep to; None for all.
        limit: At most so many for each pair of topic and answer; the rest are left out.

    Raises:
        ConfigError: If an id is no entity of the graph.
    """
    rule = rule or Rule()
    if limit < 1 or (facts is not None and not np.size(facts)):
        return []
    found: dict[tuple[int, ...], None] = {}
    for side in sides_of(graph, known(topics), known(answers), rule):
        ways = _ways(side, graph, facts)
        for topic, answer in np.argwhere(side.lengths >= 0).tolist():
            found |= dict.fromkeys(islice(_simple(side, ways, topic, answer), limit))
    return list(found)


def _simple(
    side: Side, ways: dict[int, list[int]], topic: int, answer: int
) -> Iterator[tuple[int, ...]]:
    """Yield the simple paths of a pair that are short enough, never entering a way that is too long."""
    left, longest = side.far[answer].tolist(), int(side.lengths[topic, answer])
    goal = int(side.answers[answer])
    path = [int(side.topics[topic])]
    open_ways = [iter(ways.get(path[0], ()))]
    while open_ways:
        end = next(open_ways[-1], None)
        if end is None:
            open_ways.pop()
            path.pop()
        elif len(path) + left[end] <= longest and end not in path:
            if end == goal:
                yield (*path, end)
            else:
                path.append(end)
                open_ways.append(iter(ways.get(end, ())))


def _ways(side: Side, graph: Graph, facts: npt.ArrayLike | None) -> dict[int, list[int]]:
    """Return where one step leads from each entity, each once and in the order of the facts."""
    allowed = np.ones(graph.num_facts, bool)
    if facts is not None:
        allowed[:] = False
        allowed[np.asarray(facts, np.int64)] = True
    arcs = np.flatnonzero(np.tile(allowed, len(side.starts) // max(graph.num_facts, 1)))
    ways: dict[int, dict[int, None]] = {}
    for start, end in zip(side.starts[arcs].tolist(), side.ends[arcs].tolist(), strict=True):
        ways.setdefault(start, {})[end] = None
    return {start: list(ends) for start, ends in ways.items()}


def _next(graph: Graph, entity: int, direction: Direction) -> Iterator[tuple[int, int]]:
    """Yield the facts that lead on from an entity, each with where to."""
    if direction != "reversed":
        yield from ((int(fact), int(graph.tails[fact])) for fact in graph.out.of(entity))
    if direction != "directed":
        yield from ((int(fact), int(graph.heads[fact])) for fact in graph.into.of(entity))
