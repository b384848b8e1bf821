import pytest
from graphs import arcs_of, graph_of, paths_by_way, random_case

from hopgym.envs.kg import MODES, Graph, Rule, distances, entity_paths, label, shortest_path
from hopgym.envs.kg.expansion import FAR
from hopgym.errors import ConfigError


def enumerated(graph, topics, answers, rule):
    """The entities of all paths that count, by enumeration."""
    ways, found = arcs_of(graph), set()
    for topic in {int(t) for t in topics if t >= 0}:
        for answer in {int(a) for a in answers if a >= 0} - {topic}:
            for paths in paths_by_way(ways, topic, answer, rule, graph.num_entities):
                most = min(map(len, paths), default=0) + rule.slack
                found |= {(topic, *(e for _, e, _ in p)) for p in paths if len(p) <= most}
    return sorted(found)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("slack", [0, 1, 2])
def test_the_paths_are_those_of_enumeration(mode, slack):
    for seed in range(50):
        graph, topics, answers = random_case(seed)
        rule = Rule(mode, slack, 4)
        found = entity_paths(graph, topics, answers, rule, limit=10_000)
        assert sorted(found) == enumerated(graph, topics, answers, rule), seed
        labels = label(graph, topics, answers, rule).facts
        assert found == entity_paths(graph, topics, answers, rule, facts=labels, limit=10_000)


def test_paths_have_a_limit_and_keep_to_facts():
    graph = graph_of("a r b", "a s b", "b r z", "a r c", "c r z")
    ends = graph.entity_ids(["a"]), graph.entity_ids(["z"])
    named = [[graph.entities[e] for e in path] for path in entity_paths(graph, *ends)]
    assert named == [["a", "b", "z"], ["a", "c", "z"]]
    assert len(entity_paths(graph, *ends, limit=1)) == 1
    assert entity_paths(graph, *ends, limit=0) == []
    assert len(entity_paths(graph, *ends, facts=[1, 2, 3])) == 1
    assert entity_paths(Graph.of([]), [], []) == [] == entity_paths(graph, *ends, facts=[])


@pytest.mark.parametrize("direction", ["directed", "reversed", "undirected"])
def test_a_shortest_path_is_a_way_and_as_short_as_can_be(direction):
    for seed in range(30):
        graph, _, _ = random_case(seed)
        target = graph.num_entities - 1
        path = shortest_path(graph, 0, target, direction=direction)
        away = distances(graph, [0], direction=direction)[0, target]
        if path is None:
            assert away == FAR
            continue
        assert len(path) == away
        here = 0
        for fact in path.tolist():
            head, tail = int(graph.heads[fact]), int(graph.tails[fact])
            if direction != "undirected":
                assert here == (head if direction == "directed" else tail)
            here = tail if here == head else head
        assert here == target


def test_the_ends_of_shortest_paths():
    graph = graph_of("a r b", "b r c")
    assert shortest_path(graph, 0, 0).tolist() == []
    assert shortest_path(graph, 0, 2, max_hops=1) is None
    assert shortest_path(graph, 2, 0) is None
    with pytest.raises(ConfigError, match="Entity 7"):
        shortest_path(graph, 7, 0)
    with pytest.raises(ConfigError, match="direction is 'up'"):
        shortest_path(graph, 0, 1, direction="up")
