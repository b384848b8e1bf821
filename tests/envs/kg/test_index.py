import numpy as np
import pytest
from graphs import graph_of, random_case

from hopgym.envs.kg import Graph
from hopgym.envs.kg.index import grouped


def test_places_are_grouped_by_key_and_stay_in_order():
    index = grouped(np.array([2, 0, 2], np.int32), 4)
    assert index.offsets.tolist() == [0, 1, 1, 3, 3] and index.facts.tolist() == [1, 0, 2]
    assert index.of(2).tolist() == [0, 2] and index.of(3).tolist() == []


def test_indexes_hold_parallel_and_equal_facts():
    graph = graph_of("b r a", "a s b", "a r b", "a r b", "c r c")
    assert graph.out.of(graph.entity_id("a")).tolist() == [1, 2, 3]
    assert graph.into.of(graph.entity_id("b")).tolist() == [1, 2, 3]
    assert graph.by_relation.of(0).tolist() == [0, 2, 3, 4]
    assert graph.out.degrees.tolist() == [1, 3, 1]
    assert graph.out.of_all([2, 1, 2]).tolist() == [4, 1, 2, 3, 4]
    assert graph.out.of_all([]).tolist() == []


@pytest.mark.parametrize("seed", range(30))
def test_indexes_are_what_a_scan_finds(seed):
    graph, _, _ = random_case(seed)
    for index, keys in ((graph.out, graph.heads), (graph.into, graph.tails)):
        for entity in range(graph.num_entities):
            assert index.of(entity).tolist() == np.flatnonzero(keys == entity).tolist()
        everyone = index.of_all(np.arange(graph.num_entities))
        assert sorted(everyone.tolist()) == list(range(len(graph)))


def test_an_index_of_more_entities_than_a_short_number_counts():
    many = 70_000
    graph = Graph([0, many - 1, 5], [0, 0, 0], [1, 2, 3], map(str, range(many)), ["r"])
    assert graph.out.of(many - 1).tolist() == [1] and graph.out.of(5).tolist() == [2]
