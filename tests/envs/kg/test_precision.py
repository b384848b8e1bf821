import pytest
from graphs import enumerate_labels, graph_of, random_case

from hopgym.envs.kg import MODES, Rule, label, precision
from hopgym.errors import DataError

CITY = [
    "ada born_in leeds",
    "ada likes leeds",
    *[f"ada likes town{n}" for n in range(9)],
    "leeds in england",
    *[f"town{n} in wales" for n in range(9)],
]


def kept(graph, topic, answer, least, **rule):
    ids = graph.entity_ids([topic]), graph.entity_ids([answer])
    return label(graph, *ids, Rule(min_precision=least, **rule)).facts.tolist()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("slack", [0, 2])
@pytest.mark.parametrize("least", [0.34, 0.5, 1.0])
def test_labels_are_those_of_enumeration(mode, slack, least):
    dropped = 0
    for seed in range(90):
        graph, topics, answers = random_case(seed)
        answers = answers[:2]  # fewer answers, lower precision
        rule = Rule(mode, slack, (None, 3)[seed % 2], least)
        found = label(graph, topics, answers, rule).facts.tolist()
        assert found == enumerate_labels(graph, topics, answers, rule), seed
        dropped += len(found) < len(label(graph, topics, answers, Rule(mode, slack)).facts)
    assert dropped > 5


def test_imprecise_relations_are_dropped():
    graph = graph_of(*CITY)
    assert kept(graph, "ada", "leeds", 0.0) == [0, 1]
    assert kept(graph, "ada", "leeds", 0.1) == [0, 1]
    assert kept(graph, "ada", "leeds", 0.11) == [0]


def test_what_counts_is_all_that_the_relations_lead_to():
    graph = graph_of(*CITY)
    where = CITY.index("leeds in england")
    assert kept(graph, "ada", "england", 0.5) == [0, 1, where]
    assert kept(graph, "ada", "england", 0.51) == [0, where]


def test_a_relation_walked_backwards_is_another():
    graph = graph_of("a r b", "c r a", "d r a")
    assert kept(graph, "a", "b", 1.0) == [0]
    assert kept(graph, "a", "c", 0.6) == [] and kept(graph, "a", "c", 0.5) == [1]


def test_too_many_relation_paths_are_said_so(monkeypatch):
    monkeypatch.setattr(precision, "MOST", 20)
    graph = graph_of(*[f"{n} r{k} {n + 1}" for n in range(4) for k in range(3)])
    with pytest.raises(DataError, match=r"More than 20 relation paths .* Lower slack or max_hops"):
        kept(graph, "0", "4", 0.1)
