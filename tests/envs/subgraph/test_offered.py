import numpy as np
import pytest
from subgraphs import CHAIN, env, facts, large_question, question, question_set

from hopgym.core import Document
from hopgym.envs.kg import Graph, nearest_facts
from hopgym.envs.subgraph.offered import fact_documents, make_chooser, offered_facts
from hopgym.errors import ConfigError, RetrievalError
from hopgym.retrieval import make_retriever
from hopgym.retrieval.base import Hits

WIDE = question(
    "wide",
    facts(*(f"n{i} far n{i + 1}" for i in range(8)), "a author b", "b lives c", "n3 lives n9"),
    *("a", "c"),
    text="Where does the author of a live, lives?",
)


def places(question, retriever, top_k, **keywords):
    """The indices of what is offered of a question."""
    made = env(questions=question_set(question), retriever=retriever, top_k=top_k, **keywords)
    return list(made.stage.offer(question.id).places)


@pytest.mark.parametrize("retriever", ["ppr", "all", "bm25", "empty"])
def test_all_are_offered_where_there_is_room(retriever):
    assert places(WIDE, retriever, 11) == list(range(11))
    assert places(WIDE, retriever, 300) == list(range(11))


def test_pagerank_keeps_those_around_the_topics_in_their_order():
    assert places(WIDE, "ppr", 2) == [8, 9]
    assert places(WIDE, "ppr", 1) == [8]
    large = large_question(600)
    graph = Graph.of(large.facts)
    assert places(large, "ppr", 50) == (
        nearest_facts(graph, graph.entity_ids(large.topic_entities), 50).tolist()
    )


def test_a_retriever_of_documents_searches_the_facts():
    assert places(WIDE, "bm25", 3) == [8, 9, 10]


def test_what_a_retriever_does_not_find_follows_in_order():
    assert places(WIDE, "empty", 3) == [0, 1, 2]
    assert places(WIDE, "bm25", 5) == [0, 1, 8, 9, 10]


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
    assert places(leaky, "ppr", 8, direct_facts=False) == [1, 3, 4, 5, 6]
    assert places(leaky, "bm25", 3, direct_facts=False) == [1, 3, 4]
    assert places(leaky, "all", 5, direct_facts=False) == [1, 3, 4, 5, 6]
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


def test_places_are_sorted_whatever_the_order_of_the_choice():
    graph = Graph.of(CHAIN.facts)
    chosen = offered_facts(CHAIN, graph, lambda *_: [4, 0, 2], 3)
    assert chosen.tolist() == [0, 2, 4] and np.issubdtype(chosen.dtype, np.integer)
    assert make_chooser("ppr") is make_chooser("ppr")
