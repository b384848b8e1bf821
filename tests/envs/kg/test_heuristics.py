import itertools

import pytest
from graphs import enumerate_labels, graph_of, random_case

from hopgym.envs.kg import MODES, Graph, Rule, label
from hopgym.errors import ConfigError


def labelled(graph, topics, answers, **rule):
    ids = (graph.entity_ids(names.split()) for names in (topics, answers))
    return label(graph, *ids, Rule(**rule)).facts.tolist()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("slack", [0, 1, 2])
def test_labels_are_those_of_enumeration(mode, slack):
    assert differing(200, mode, slack) == []


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("slack", [0, 1, 2])
def test_labels_are_those_of_enumeration_on_2000_graphs(mode, slack):
    assert differing(2_000, mode, slack) == []


def differing(graphs, mode, slack):
    """The cases in which the labels are not what enumerating simple paths gives."""
    wrong, positives, parallel = [], 0, 0
    for seed in range(graphs):
        graph, topics, answers = random_case(seed)
        rule = Rule(mode, slack, (None, 3, 6)[seed % 3])
        found = label(graph, topics, answers, rule).facts.tolist()
        if found != enumerate_labels(graph, topics, answers, rule):
            wrong.append(seed)
        positives += len(found)
        ends = [(graph.heads[fact], graph.tails[fact]) for fact in found]
        parallel += len(ends) - len(set(ends))
    assert positives > graphs and parallel > graphs / 10, "the graphs must be worth labelling"
    return wrong


def test_parallel_and_equal_facts_are_all_labelled():
    graph = graph_of("a r b", "a s b", "a r b", "b s a", "b r c", "x r c")
    assert labelled(graph, "a", "c") == [0, 1, 2, 3, 4]
    assert labelled(graph, "a", "c", mode="directed") == [0, 1, 2, 4]


def test_either_way_takes_the_shorter_and_both_when_alike():
    graph = graph_of("a r b", "b r c", "c r a")
    assert labelled(graph, "a", "c", mode="either") == [2]
    assert labelled(graph, "a", "c", mode="directed") == [0, 1]
    alike = graph_of("a r b", "b r a", "c r c")
    assert labelled(alike, "a", "b", mode="either") == [0, 1]


def test_slack_lets_longer_paths_count():
    graph = graph_of("a r z", "a r b", "b r z", "a r c", "c r d", "d r z")
    assert [labelled(graph, "a", "z", slack=slack) for slack in (0, 1, 2)] == [
        [0],
        [0, 1, 2],
        [0, 1, 2, 3, 4, 5],
    ]
    assert labelled(graph, "a", "z", slack=2, max_hops=2) == [0, 1, 2]


def test_what_hangs_on_a_path_is_not_on_one():
    hanging = graph_of("a r z", "a r b", "c r z", "a r a")
    assert labelled(hanging, "a", "z", slack=2) == [0]
    assert labelled(graph_of("a r z", "a r b", "b s a"), "a", "z", mode="directed", slack=2) == [0]


def test_a_topic_that_is_the_answer_needs_no_fact():
    graph = graph_of("a r b", "b r a", "a r a")
    found = label(graph, [0], [0], Rule(slack=2))
    assert found.facts.tolist() == [] and found.distances.tolist() == [[0]] and found.hops == 0
    assert labelled(graph, "a", "a b") == [0, 1]


def test_what_is_not_there_is_passed_over():
    graph = graph_of("a r b", "c r d")
    assert label(graph, [-1], [0]).facts.tolist() == []
    assert label(graph, [0], []).distances.shape == (1, 0)
    for mode, slack in itertools.product(MODES, (0, 2)):
        empty = label(Graph.of([]), [-1], [-1], Rule(mode, slack, None, 0.1))
        assert empty.facts.tolist() == [] and empty.hops == 0
    found = label(graph, graph.entity_ids(["a"]), graph.entity_ids(["d", "b", "b", "nobody"]))
    assert found.distances.tolist() == [[1, -1]] and found.hops == 1
    assert found.answers.tolist() == sorted(graph.entity_ids(["b", "d"]).tolist())


def test_the_hops_are_the_longest_of_the_shortest():
    graph = graph_of("a r b", "b r c", "c r d", "a r e")
    found = label(graph, graph.entity_ids(["a"]), graph.entity_ids(["d", "e"]))
    assert found.hops == 3
    near = label(graph, graph.entity_ids(["a"]), graph.entity_ids(["d", "e"]), Rule(max_hops=2))
    assert near.hops == 1 and near.facts.tolist() == [3]


def test_a_long_chain_has_no_limit_where_none_is_set():
    graph = graph_of(*[f"{n} r {n + 1}" for n in range(300)])
    assert labelled(graph, "0", "300") == []
    assert labelled(graph, "0", "300", max_hops=None, min_precision=0.5) == list(range(300))


def test_an_entity_that_is_not_there_is_refused():
    with pytest.raises(ConfigError, match="Entity 9 is not in"):
        label(graph_of("a r b"), [9], [0])
