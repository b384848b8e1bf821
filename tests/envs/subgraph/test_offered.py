import numpy as np
import pytest
from subgraphs import (
    AUTHOR,
    AWKWARD,
    BEYOND,
    BORN,
    CHAIN,
    RANDOM,
    at_once,
    env,
    facts,
    large_question,
    plain,
    question,
    question_set,
    turned,
)

from hopgym.core import Document
from hopgym.envs.kg import Graph, nearest_facts
from hopgym.envs.subgraph.offered import fact_documents, make_chooser, offered_facts
from hopgym.errors import ConfigError, RetrievalError
from hopgym.retrieval import make_retriever
from hopgym.retrieval.base import Hits
from hopgym.seeding import rng_for

WIDE = question(
    "wide",
    facts(*(f"n{i} far n{i + 1}" for i in range(8)), "a author b", "b lives c", "n3 lives n9"),
    *("a", "c"),
    text="Where does the author of a live, lives?",
)


def by_name(question):
    """The places of a question's facts in the order of their names."""
    facts = question.facts
    return sorted(
        range(len(facts)), key=lambda at: (facts[at].head, facts[at].relation, facts[at].tail)
    )


BY_NAME = by_name(WIDE)


def places(question, retriever, top_k, **keywords):
    """The indices of what is offered of a question."""
    made = env(questions=question_set(question), retriever=retriever, top_k=top_k, **keywords)
    return list(made.stage.places(question.id))


@pytest.mark.parametrize("retriever", ["ppr", "all", "bm25", "empty"])
def test_all_are_offered_where_there_is_room(retriever):
    assert places(WIDE, retriever, 11) == BY_NAME
    assert places(WIDE, retriever, 300) == BY_NAME


def test_pagerank_keeps_those_around_the_topics():
    assert places(WIDE, "ppr", 2) == [8, 9]
    assert places(WIDE, "ppr", 1) == [8]
    large = large_question(600)
    order = by_name(large)
    graph = Graph.of([large.facts[place] for place in order])
    nearest = nearest_facts(graph, graph.entity_ids(large.topic_entities), 50)
    assert places(large, "ppr", 50) == [order[at] for at in nearest]


def test_a_retriever_of_documents_searches_the_facts():
    assert places(WIDE, "bm25", 3) == [8, 9, 10]


def test_what_a_retriever_does_not_find_follows_by_name():
    assert places(WIDE, "empty", 3) == BY_NAME[:3]
    assert places(WIDE, "bm25", 5) == [8, 9, 0, 1, 10]


def test_all_refuses_to_leave_facts_out():
    with pytest.raises(ConfigError, match="'wide' has 11 facts, and top_k is 10: give top_k as"):
        places(WIDE, "all", 10)


def test_no_topic_is_no_obstacle():
    for topics in ((), ("nowhere",)):
        lost = question("lost", WIDE.facts, topics, "c")
        assert len(places(lost, "ppr", 4)) == 4


def test_direct_facts_can_be_left_out_either_way():
    leaky = question(
        "leaky",
        facts("a is c", "a r b", "c of a", "b r c", "c r c", "a r a", "c r b", "a s c"),
        *("a z", "c z"),
    )
    assert places(leaky, "ppr", 8, direct_facts=False) == [5, 1, 3, 6, 4]
    assert places(leaky, "bm25", 3, direct_facts=False) == [5, 1, 3]
    assert places(leaky, "all", 5, direct_facts=False) == [5, 1, 3, 6, 4]
    one = question("one", facts("a r b"), "a", "b")
    assert places(one, "ppr", 3, direct_facts=False) == []


def test_direct_facts_are_known_by_the_answers_where_no_entities_are_told():
    plain = question("plain", facts("a is nothing", "a r b"), "a")
    assert places(plain, "ppr", 2, direct_facts=False) == [1]


def test_what_stands_outside_of_the_offer_is_counted():
    made = env(questions=question_set(WIDE), top_k=1, mode="one_shot")
    made.reset()
    *_, info = made.step([1])
    assert (info["metrics"]["offered_recall"], info["metrics"]["fact_recall"]) == (0.5, 0.5)
    assert info["metrics"]["fact_precision"] == 1.0


def test_a_retriever_that_brings_its_own_documents_is_refused():
    own = make_retriever("bm25", [Document("0", "", "x"), Document("99", "", "y")])
    with pytest.raises(ConfigError, match=r"BM25Retriever\(2.* searches its own documents"):
        env(retriever=own)
    with pytest.raises(ConfigError, match="5 is no retriever"):
        env(retriever=5)


class Broken:
    """A retriever of a user's own, made for each question; what it finds is set from outside."""

    fingerprint = "broken"
    found = ()

    def __init__(self, documents):
        self.documents = documents

    def search(self, queries, k):
        if self.found is None:
            raise OSError("no disk")
        documents = [Document(id, "", "") for id in self.found]
        return Hits([documents], [[1.0] * len(documents)])


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (None, "test_offered:Broken' failed: OSError"),
        (("0", "99"), r"found the documents \['0', '99'\]; those it was given are 0 to 10"),
        (("x",), r"found the documents \['x'\]"),
        (("1", "1"), "each may be found once"),
        (("0", "1", "2", "3"), "gave 4 hits where 3 were asked for"),
    ],
)
def test_a_retriever_that_fails_is_told(monkeypatch, tmp_path, found, message):
    monkeypatch.setattr(Broken, "found", found)
    with pytest.raises(RetrievalError, match=message):
        places(WIDE, f"{__name__}:Broken", 3)


def test_facts_as_documents_have_their_place_for_an_id():
    documents = fact_documents(CHAIN.facts)
    assert [document.id for document in documents] == ["0", "1", "2", "3", "4"]
    assert documents[1].text == "b lives c"


def test_places_are_by_name_whatever_the_order_of_the_choice():
    def choose(question, graph, topics, count):
        assert list(graph.facts()) == [CHAIN.facts[place] for place in by_name(CHAIN)]
        assert [graph.entities[topic] for topic in topics] == ["a"]
        return [BEYOND, AUTHOR, BORN]

    chosen = offered_facts(CHAIN, Graph.of(CHAIN.facts), choose, 3)
    assert chosen.tolist() == [0, 4, 3] and np.issubdtype(chosen.dtype, np.integer)
    assert make_chooser("ppr") is make_chooser("ppr")


def test_equal_facts_stay_in_the_order_of_the_question():
    twice = question("twice", facts("b r c", "a r b", "b r c", "a r b"), "a", "c")
    assert places(twice, "all", 4) == [1, 3, 0, 2]
    assert places(twice, "ppr", 1) == [1]


def shuffled(given, rng):
    """The facts in another order in the file; equal ones, which no name tells apart, keep theirs."""
    waiting = {}
    for place, fact in enumerate(given.facts):
        waiting.setdefault(fact, []).append(place)
    order = rng.permutation(len(given.facts)).tolist()
    order = [waiting[given.facts[place]].pop(0) for place in order]
    return turned(given, order), order


FORMS = ("graph", "padded", "text")
PLAYS = (
    {"mode": "one_shot"},
    {"mode": "sequential", "max_steps": 4},
    {"mode": "sequential", "max_steps": 4, "connected": True},
)


@pytest.mark.parametrize("retriever", ["ppr", "bm25", "empty"])
@pytest.mark.parametrize("keywords", PLAYS, ids=str)
@pytest.mark.parametrize("observation", FORMS)
def test_the_order_of_a_question_s_facts_in_the_file_changes_nothing_but_places(
    observation, keywords, retriever
):
    rng = rng_for(0, "file order", observation)
    asked = (*AWKWARD, WIDE, *RANDOM.questions("train"))
    if retriever != "ppr":  # documents hold no half characters
        asked = tuple(each for each in asked if each.id != "odd")
    others, orders = zip(*(shuffled(each, rng) for each in asked), strict=True)
    assert sum(other.facts != each.facts for other, each in zip(others, asked, strict=True)) > 50
    told = {"observation": observation, "retriever": retriever, "top_k": 4, **keywords}
    one, other = (env(questions=question_set(*each), **told) for each in (asked, others))
    for index, order in enumerate(orders):
        first, second = (each.stage.case(index) for each in (one, other))
        assert second.offer == first.offer
        assert tuple(order[place] for place in second.places) == first.places
        seen = [played(each, index, rng_for(index, "file order"), order) for each, order in (
            (one, range(len(order))), (other, order),
        )]  # fmt: skip
        assert seen[0] == seen[1], asked[index].id


def played(made, index, rng, order):
    """All that an episode shows and pays, its places those of the first file."""
    told, over = [made.reset(seed=0, options={"index": index})], False
    while not over:
        told.append(made.step(drawn(made, rng)))
        over = told[-1][2] or told[-1][3]
    trajectory = told[-1][4].pop("trajectory")
    steps = [
        {**step.parsed, "facts": [order[place] for place in step.parsed.get("facts", ())]}
        for step in trajectory.steps
    ]
    return plain(told), steps, [step.reward_terms for step in trajectory.steps]


def drawn(made, rng):
    """An action that does not look."""
    slots = rng.choice(4, 2, replace=False).tolist()
    if hasattr(made.stage, "grammar"):
        return f"<select>{', '.join(map(str, slots))}</select>" if rng.random() < 0.7 else "stop"
    if made.stage.settings.mode == "one_shot":
        return at_once(*slots, room=4)
    return slots[0] if rng.random() < 0.7 else 4
