import numpy as np
from graphs import graph_of

from hopgym.envs.kg import Rule
from hopgym.envs.kg.expansion import FAR
from hopgym.envs.kg.side import sides_of

GRAPH = graph_of("a r b", "c s b")
TOPICS, ANSWERS = GRAPH.entity_ids(["a"]), GRAPH.entity_ids(["b", "c"])


def test_an_undirected_side_has_every_fact_twice():
    (side,) = sides_of(GRAPH, TOPICS, ANSWERS, Rule(slack=1))
    arcs = zip(side.starts.tolist(), side.ends.tolist(), side.steps.tolist(), strict=True)
    assert list(arcs) == [(0, 2, 0), (1, 2, 1), (2, 0, 2), (2, 1, 3)]
    assert side.hops.tolist() == [[1, 2]] and side.lengths.tolist() == [[2, 3]]
    assert side.to_facts(np.array([0, 0, 1, 0], bool), 2).tolist() == [True, False]


def test_either_way_is_two_sides_and_a_pair_counts_on_the_shorter():
    graph = graph_of("a r b", "b r c", "c r a")
    along, against = sides_of(graph, graph.entity_ids("a"), graph.entity_ids("c"), Rule("either"))
    assert along.lengths.tolist() == [[-1]] and against.lengths.tolist() == [[1]]


def test_what_does_not_count_has_no_length():
    (side,) = sides_of(GRAPH, TOPICS, GRAPH.entity_ids("abc"), Rule("directed", max_hops=1))
    assert side.hops.tolist() == [[0, 1, FAR]] and side.lengths.tolist() == [[-1, 1, -1]]
    (side,) = sides_of(GRAPH, TOPICS, ANSWERS, Rule(slack=2, max_hops=2))
    assert side.lengths.tolist() == [[2, 2]]
