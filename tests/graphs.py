"""Graphs for tests, and the slow, plain way to label them: enumerate every simple path."""

import os
from collections import defaultdict

from hopgym.core import Fact
from hopgym.envs.kg import Graph
from hopgym.seeding import rng_for

NAMES = "abcdefghijklmnopqrstuvwxyz"


def graph_of(*triples):
    """A graph of facts written `"a r b"`."""
    return Graph.of([Fact(*triple.split()) for triple in triples])


def random_case(seed):
    """A small random graph with parallel facts and self-loops, its topics and answers."""
    rng = rng_for(0, "graphs", seed)
    entities = int(rng.integers(1, 10))
    facts = int(rng.integers(0, 3 * entities))
    graph = Graph(
        rng.integers(0, entities, facts),
        rng.integers(0, 3, facts),
        rng.integers(0, entities, facts),
        NAMES[:entities],
        "rst",
    )
    return graph, rng.integers(-1, entities, 2), rng.integers(-1, entities, 3)


def enumerate_labels(graph, topics, answers, rule):
    """The facts on simple paths that count, by depth-first search over single facts."""
    topics, answers = ({int(id) for id in ids if id >= 0} for ids in (topics, answers))
    ways = arcs_of(graph)
    found = set()
    for topic in topics:
        for answer in answers - {topic}:
            for paths in paths_by_way(ways, topic, answer, rule, graph.num_entities):
                shortest = min(map(len, paths), default=0)
                for path in paths:
                    if len(path) > shortest + rule.slack:
                        continue
                    if precision(ways, topic, path, answers) >= rule.min_precision:
                        found |= {fact for fact, _, _ in path}
    return sorted(found)


def paths_by_way(ways, topic, answer, rule, entities):
    """For each way in which a pair may be joined, its simple paths."""
    longest = rule.max_hops or entities
    if rule.mode != "either":
        yield list(simple_paths(ways[rule.mode], topic, answer, longest))
        return
    along = list(simple_paths(ways["directed"], topic, answer, longest))
    against = list(simple_paths(ways["reversed"], topic, answer, longest))
    sides = [side for side in (along, against) if side]
    best = min((min(map(len, side)) for side in sides), default=0)
    yield from (side for side in sides if min(map(len, side)) == best)


def simple_paths(ways, here, goal, longest, path=(), seen=frozenset()):
    """Every simple path, as arcs."""
    if here == goal:
        yield path
    elif len(path) < longest:
        for arc in ways[here]:
            end = arc[1]
            if end not in seen and end != here:
                yield from simple_paths(ways, end, goal, longest, (*path, arc), seen | {here})


def arcs_of(graph):
    """Arcs `(fact, end, (relation, against))` by start, for each way of walking."""
    ways = {way: defaultdict(list) for way in ("directed", "reversed", "undirected")}
    for fact, (head, relation, tail) in enumerate(
        zip(graph.heads.tolist(), graph.relations.tolist(), graph.tails.tolist(), strict=True)
    ):
        for way in ("directed", "undirected"):
            ways[way][head].append((fact, tail, (relation, False)))
        for way in ("reversed", "undirected"):
            ways[way][tail].append((fact, head, (relation, True)))
    return ways


def precision(ways, topic, path, answers):
    """The share of answers among all that a path's relations lead to."""
    reached = {topic}
    for _, _, step in path:
        reached = {end for here in reached for _, end, s in ways["undirected"][here] if s == step}
    return len(reached & answers) / len(reached)


def die(*_):
    """End the process that runs this, as the system does for want of memory."""
    os._exit(1)
