import pickle

import numpy as np
import pytest
from subgraphs import (
    AUTHOR,
    AWKWARD,
    CHAIN,
    LIVES,
    RANDOM,
    env,
    facts,
    large_question,
    question,
    question_set,
)

from hopgym.envs.kg import Graph, label
from hopgym.envs.subgraph.case import with_gold
from hopgym.envs.subgraph.words import relation_id
from hopgym.rewards.kg.facts import gold_answers

QUESTIONS = (*AWKWARD, *RANDOM.questions("train"))


def case_of(question, **keywords):
    made = env(questions=question_set(question), **({"top_k": 16} | keywords))
    return made.stage.case(0)


@pytest.mark.parametrize("top_k", [16, 3])
def test_a_case_is_its_question_in_numbers(top_k):
    for given in QUESTIONS:
        check_numbers(given, top_k, case_of(given, top_k=top_k))


def by_name(fact):
    return fact.head, fact.relation, fact.tail


def check_numbers(given, top_k, case):
    names, offer = case.names, case.offer
    assert offer.facts == tuple(given.facts[place] for place in case.places)
    assert len(set(case.places)) == len(case.places) <= top_k
    assert list(offer.facts) == sorted(offer.facts, key=by_name)
    rows = zip(case.heads, case.tails, case.relations, offer.facts, strict=True)
    numbers = {}
    for head, tail, relation, fact in rows:
        assert (names[head], names[tail]) == (fact.head, fact.tail)
        assert numbers.setdefault(fact.relation, relation) == relation
    assert len(set(numbers.values())) == len(numbers)
    stands = {name for fact in offer.facts for name in (fact.head, fact.tail)}
    assert list(names) == sorted(stands)
    assert {names[topic] for topic in case.topics} == stands & set(given.topic_entities)
    answers = gold_answers(given)
    assert case.gold_answers == answers
    assert [names[a] if a >= 0 else None for a in case.answers] == (
        [answer if answer in stands else None for answer in answers]
    )
    gold = set(case.question.gold_facts)
    assert case.gold.tolist() == [place in gold for place in case.places]
    assert case.num_gold == len(gold) and case.num_facts == len(offer.facts)
    assert case.types.tolist() == [relation_id(fact.relation, 4096) for fact in offer.facts]


@pytest.mark.parametrize("given", AWKWARD, ids=lambda q: q.id)
def test_what_all_lanes_share_cannot_be_written_to(given):
    case = case_of(given)
    arrays = [value for value in vars(case).values() if isinstance(value, np.ndarray)]
    assert len(arrays) == 10
    for array in (*arrays, case.graph.edges, case.graph.edge_links, case.graph.nodes):
        assert not array.flags.writeable


def test_gold_that_is_given_stays():
    assert case_of(CHAIN).question is CHAIN
    assert case_of(CHAIN).gold.nonzero()[0].tolist() == [AUTHOR, LIVES]


def test_gold_that_is_not_given_is_that_of_the_heuristic():
    given = question("x", CHAIN.facts, "a", "c")
    assert case_of(given).question.gold_facts == (0, 1, 4)
    graph = Graph.of(given.facts)
    ends = [graph.entity_ids(names) for names in (["a"], ["c"])]
    assert label(graph, *ends).facts.tolist() == [0, 1, 4]
    assert with_gold(given).gold_facts == (0, 1, 4)


def test_gold_of_the_heuristic_takes_only_facts_that_may_be_offered():
    given = question("x", facts("a is c", "a r b", "b s c"), "a", "c")
    assert case_of(given).question.gold_facts == (0,)
    case = case_of(given, direct_facts=False)
    assert case.question.gold_facts == (1, 2) and case.gold.tolist() == [True, True]
    told = question("x", given.facts, "a", "c", gold=(0, 1))
    assert case_of(told, direct_facts=False).question.gold_facts == (0, 1)
    none = question("x", facts("a is c", "b r d"), "a", "c")
    assert case_of(none, direct_facts=False).num_gold == 0


def test_gold_counts_what_is_not_offered():
    case = case_of(CHAIN, top_k=1)
    assert case.gold.tolist() == [True] and case.num_gold == 2


def test_where_nothing_leads_there_is_no_gold():
    for given in (question("x", (), "a", "c"), question("x", facts("a r b"), "a", "z")):
        assert case_of(given).num_gold == 0 and not case_of(given).gold.any()


def test_without_answer_entities_the_answers_are_looked_for_in_the_graph():
    given = question("x", facts("a r nothing"), "a")
    assert given.answer_entities == () and case_of(given).gold_answers == ("nothing",)
    assert case_of(given).answers.tolist() == [1] and case_of(given).gold.tolist() == [True]


def test_the_graph_of_a_case_is_its_arrays():
    case = case_of(CHAIN)
    nodes, edges, links = case.graph
    assert nodes is case.node_features and case.graph is case.graph
    assert edges[:, 0].tolist() == case.types.tolist()
    np.testing.assert_array_equal(edges[:, 1:], case.edge_features)
    assert links.tolist() == [
        list(pair) for pair in zip(case.heads.tolist(), case.tails.tolist(), strict=True)
    ]


def test_few_numbers_for_relations_are_shared():
    case = case_of(CHAIN, relation_ids=2)
    assert set(case.types.tolist()) == {1} and len(set(case.relations.tolist())) == 4


def test_a_case_can_be_sent_to_a_process():
    case = case_of(large_question(), top_k=300)
    again = pickle.loads(pickle.dumps(case))
    assert again.offer == case.offer and again.heads.tolist() == case.heads.tolist()
