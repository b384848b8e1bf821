from dataclasses import replace

from kg_episodes import FACTS, QUESTION, episode, one_shot

from hopgym.benchmarks.subgraph import MAX_EDGES, Edge, subgraph_of
from hopgym.core import Fact, Question, Step, Trajectory


def test_it_holds_the_gold_facts_and_those_selected():
    graph = subgraph_of(QUESTION, one_shot([1, 3], ["Oz"]))
    assert graph.edges == (
        Edge(0, "Vel", "author", "Ada", True),
        Edge(1, "Ada", "lives", "Ull", True),
        Edge(3, "Bo", "lives", "Oz", False),
    )
    assert graph.topics == ("Vel",) and graph.answers == ("Ull",)


def test_facts_selected_one_by_one_stand_in_the_order_of_their_turns():
    graph = subgraph_of(QUESTION, episode((3,), (2,), answers=["Oz"]))
    assert [edge.place for edge in graph.edges] == [0, 1, 3, 2]


def test_without_gold_facts_those_on_shortest_paths_are_gold():
    graph = subgraph_of(replace(QUESTION, gold_facts=()), one_shot([], []))
    assert {edge.place for edge in graph.edges if edge.gold} == {0, 1, 4}


def test_an_episode_that_is_not_about_facts_has_none():
    assert subgraph_of(QUESTION, None) is None
    assert subgraph_of(QUESTION, Trajectory("q", "e", steps=(Step(1, "x"),))) is None
    assert subgraph_of(Question("q", "?", ("a",)), one_shot([0], ["a"])) is None


def test_what_another_environment_means_by_facts_does_no_harm():
    for facts in ("three", 3, None, ["a", 1.5], [-1, 99]):
        steps = (Step(1, "x", {"facts": facts}),)
        graph = subgraph_of(QUESTION, Trajectory("q", "e", steps=steps))
        assert [edge.place for edge in graph.edges] == [0, 1]


def test_many_facts_are_cut_and_the_gold_stays():
    facts = (*FACTS, *(Fact("Vel", "p", str(n)) for n in range(2 * MAX_EDGES)))
    graph = subgraph_of(replace(QUESTION, facts=facts), one_shot(range(5, len(facts)), []))
    assert len(graph.edges) == MAX_EDGES and [e.gold for e in graph.edges[:3]] == [
        True,
        True,
        False,
    ]
