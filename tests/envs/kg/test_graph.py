import copy
import pickle

import numpy as np
import pytest
from graphs import graph_of

from hopgym.core import Fact
from hopgym.envs.kg import Graph
from hopgym.errors import DataError

FACTS = [Fact(*t.split()) for t in ["b r a", "a s b", "a r b", "a r b", "c r c"]]


def test_facts_keep_their_places_and_names():
    graph = Graph.of(FACTS)
    assert graph.facts() == tuple(FACTS) and len(graph) == graph.num_facts == 5
    assert graph.entities == ("b", "a", "c") and graph.relation_names == ("r", "s")
    assert graph.heads.tolist() == [0, 1, 1, 1, 2] and graph.heads.dtype == np.int32
    assert graph.facts([4, 0]) == (FACTS[4], FACTS[0])
    assert repr(graph) == "Graph(3 entities, 2 relations, 5 facts)"


def test_names_that_are_not_there_are_minus_one():
    graph = Graph.of(FACTS, entities=["lone", "a"])
    assert graph.entity_ids(["a", "nobody", "lone"]).tolist() == [1, -1, 3]
    assert graph.relation_ids(["s", "t"]).tolist() == [1, -1]
    assert graph.out.of(3).tolist() == []


def test_the_empty_graph():
    graph = Graph.of([])
    assert len(graph) == 0 and graph.facts() == () and graph.out.offsets.tolist() == [0]
    assert graph.out.of_all([]).tolist() == [] and pickle.loads(pickle.dumps(graph)).entities == ()


def test_it_cannot_be_changed_and_is_its_own_copy():
    graph = Graph.of(FACTS)
    for array in (graph.heads, graph.out.facts, graph.out.offsets):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    assert copy.deepcopy(graph) is graph
    given = np.array([0])
    made = Graph(given, [0], [0], ["a"], ["r"])
    given[0] = 7
    assert made.heads.tolist() == [0]


def test_a_pickle_holds_no_more_than_arrays_and_names():
    graph = graph_of(*[f"e{n} r e{n + 1}" for n in range(1_000)])
    before = len(pickle.dumps(graph))
    assert graph.out and graph.into and graph.by_relation and graph.entity_id("e3") == 3
    assert len(pickle.dumps(graph)) == before < 40_000
    again = pickle.loads(pickle.dumps(graph))
    assert again.facts() == graph.facts() and not again.heads.flags.writeable
    assert again.entity_id("e3") == 3


def test_a_selection_keeps_the_ids_of_entities():
    graph = Graph.of(FACTS).select([4, 1])
    assert graph.facts() == (FACTS[4], FACTS[1]) and graph.entity_id("c") == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, 0], [0], [0], ["a"], ["r"]), r"equally long, not \[2, 1, 1\]"),
        (([1], [0], [0], ["a"], ["r"]), "A head is 1; there are names for 0 to 0"),
        (([0], [-1], [0], ["a"], ["r"]), "A relation is -1"),
        (([0], [0], [0], ["a", "b", "a"], ["r"]), "'a' comes twice"),
        (([0.5], [0], [0], ["a"], ["r"]), "whole numbers, not float64"),
        (([[0]], [0], [0], ["a"], ["r"]), r"of shape \(1, 1\)"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(arguments, message):
    with pytest.raises(DataError, match=message):
        Graph(*arguments)


def test_what_is_no_fact_is_refused():
    with pytest.raises(DataError, match=r"Fact\(head, relation, tail\)"):
        Graph.of([("a", "r", "b")])
    with pytest.raises(DataError, match="names 3; heads"):
        Graph.of([Fact("a", "r", 3)])
