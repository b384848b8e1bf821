import pytest
from kg_playing import WAYS, chosen, errors, play_kg
from subgraphs import CHAIN, TOY, facts, large_question, question, question_set

from hopgym.agents import make_agent
from hopgym.agents.ppr import nearest
from hopgym.core import Fact
from hopgym.envs.kg import Graph
from hopgym.envs.kg.expansion import nearest_facts
from hopgym.envs.subgraph.case import Offer
from hopgym.errors import ConfigError


def offer(given, topics):
    return Offer("?", tuple(given), tuple(topics))


def test_the_nearest_facts_come_first():
    given = facts("c r d", "b r c", "a r b", "x r y")
    assert nearest(offer(given, ["a"])) == [2, 1, 0, 3]


def test_those_alike_keep_their_order_and_no_topic_is_no_harm():
    given = facts("a r b", "a s c", "a t d")
    assert nearest(offer(given, ["a"])) == [0, 1, 2]
    assert nearest(offer(given, [])) == nearest(offer(given, ["elsewhere"])) == [0, 1, 2]
    assert nearest(offer((), ["a"])) == []


def test_it_agrees_with_what_cuts_graphs():
    large = large_question(600)
    graph = Graph.of(large.facts)
    expected = nearest_facts(graph, graph.entity_ids(large.topic_entities), 40).tolist()
    assert sorted(nearest(offer(large.facts, large.topic_entities))[:40]) == expected


def test_it_takes_as_many_as_it_is_told_and_never_looks_at_the_question():
    sets = [question_set(question("q", CHAIN.facts, "a", "c", text=t)) for t in ("Who?", "d e")]
    one, other = (chosen(play_kg("ppr?facts=2", each)[0]) for each in sets)
    assert one == other == [0, 2]
    assert len(chosen(play_kg("ppr?facts=99", question_set(CHAIN))[0])) == len(CHAIN.facts)


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_it_plays_every_form_and_mode(way):
    assert not errors(play_kg("ppr", TOY, top_k=6, **way))


def test_options_are_part_of_its_name():
    assert make_agent("ppr").name == make_agent("ppr?facts=8").name == "ppr"
    assert make_agent("ppr?facts=2").name == "ppr?facts=2"
    with pytest.raises(ConfigError, match="facts is 0; it must be a whole number from 1"):
        make_agent("ppr?facts=0")
    with pytest.raises(ConfigError, match=r"'ppr' has no option 'fact'. Did you mean 'facts'"):
        make_agent("ppr?fact=2")


def test_it_beats_chance_on_the_world():
    def mean(agent):
        episodes = play_kg(agent, "world?entities=400&dev=100", split="dev")
        return sum(e.metrics["fact_f1"] for e in episodes) / len(episodes)

    assert mean("ppr") > 1.5 * mean("random")


def test_facts_are_facts():
    assert nearest(offer([Fact("a", "r", "a")], ["a"])) == [0]
