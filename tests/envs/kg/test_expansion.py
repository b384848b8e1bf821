import numpy as np
import pytest
from graphs import arcs_of, graph_of, random_case

from hopgym.envs.kg import Graph, distances, expand, facts_among, nearest_facts, pagerank
from hopgym.envs.kg.expansion import FAR
from hopgym.errors import ConfigError

DIRECTIONS = ("directed", "reversed", "undirected")


def searched(graph, source, direction):
    """Distances by a plain breadth-first search."""
    ways = arcs_of(graph)[direction]
    found, front = {source: 0}, [source]
    for here in front:
        for _, end, _ in ways[here]:
            if end not in found:
                found[end] = found[here] + 1
                front.append(end)
    return [found.get(entity, FAR) for entity in range(graph.num_entities)]


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("seed", range(25))
def test_distances_are_those_of_a_plain_search(seed, direction):
    graph, _, _ = random_case(seed)
    everyone = list(range(graph.num_entities))
    found = distances(graph, everyone, direction=direction)
    assert found.tolist() == [searched(graph, source, direction) for source in everyone]
    near = distances(graph, everyone, direction=direction, max_hops=2)
    assert (near == np.where(found <= 2, found, FAR)).all()
    reached = expand(graph, everyone[:1], 2, direction=direction)
    assert reached.tolist() == np.flatnonzero(near[0] < FAR).tolist()


def test_distances_agree_with_networkx():
    networkx = pytest.importorskip("networkx")
    graph, _, _ = random_case(8)
    plain = networkx.MultiDiGraph(zip(graph.heads.tolist(), graph.tails.tolist(), strict=True))
    for source in plain:
        found = {e: d for e, d in enumerate(distances(graph, [source])[0].tolist()) if d < FAR}
        assert found == dict(networkx.single_source_shortest_path_length(plain, source))


def test_the_ends_of_looking_around():
    graph = graph_of("a r b", "b r c")
    assert distances(graph, []).shape == (0, 3)
    assert distances(Graph.of([]), []).shape == (0, 0)
    assert expand(graph, [], 3).tolist() == []
    assert expand(graph, [1], 0).tolist() == [1]
    assert expand(graph, [2], 2, direction="directed").tolist() == [2]


def test_the_facts_among_entities_are_all_that_join_them():
    graph = graph_of("a r b", "b s a", "a r b", "b r c", "b r b")
    ids = graph.entity_ids(["a", "b"])
    assert facts_among(graph, ids).tolist() == [0, 1, 2, 4]
    assert facts_among(graph, []).tolist() == []


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("restart", [0.15, 0.8])
def test_pagerank_agrees_with_networkx(seed, restart):
    networkx = pytest.importorskip("networkx")
    graph, _, _ = random_case(seed)
    plain = networkx.MultiDiGraph()
    plain.add_nodes_from(range(graph.num_entities))
    plain.add_edges_from(zip(graph.heads.tolist(), graph.tails.tolist(), strict=True))
    wanted = networkx.pagerank(
        plain, 1 - restart, personalization={0: 1.0}, tol=1e-12, max_iter=2_000
    )
    found = pagerank(
        graph, [0], restart=restart, direction="directed", iterations=2_000, tolerance=1e-10
    )
    assert found == pytest.approx([wanted[e] for e in range(graph.num_entities)], abs=1e-7)


def test_pagerank_sums_to_one_and_is_highest_at_home():
    graph = graph_of("a r b", "b r c", "c r d", "d r e")
    rank = pagerank(graph, [2])
    assert rank.sum() == pytest.approx(1) and rank.argmax() == 2
    assert rank[1] == pytest.approx(rank[3]) and rank[0] < rank[1]
    assert pagerank(graph, []).sum() == pytest.approx(1)
    assert pagerank(Graph.of([]), []).tolist() == []


def test_the_nearest_facts_are_around_the_sources_and_in_order():
    graph = graph_of("y r z", "c r d", "a s b", "a r b", "b r c")
    home = graph.entity_ids(["a"])
    assert nearest_facts(graph, home, 3).tolist() == [2, 3, 4]
    assert nearest_facts(graph, home, 1).tolist() == [2]
    assert nearest_facts(graph, home, 99).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda g: distances(g, [-1]), "Entity -1 is not in Graph"),
        (lambda g: distances(g, ["a"]), "by their ids, not as <U1"),
        (lambda g: distances(g, [0], direction="up"), "'up'; it may be directed, reversed, und"),
        (lambda g: distances(g, [0], max_hops=-1), "hops is -1"),
        (lambda g: expand(g, [0], 1.5), r"hops is 1\.5"),
        (lambda g: expand(g, [0], 1, direction="up"), "direction is 'up'"),
        (lambda g: facts_among(g, [2]), "Entity 2 is not in"),
        (lambda g: pagerank(g, [0], restart=0), "restart is 0"),
        (lambda g: nearest_facts(g, [0], 0), "count is 0; it must be a whole number from 1"),
    ],
)
def test_what_cannot_be_is_refused(call, message):
    with pytest.raises(ConfigError, match=message):
        call(graph_of("a r b"))
