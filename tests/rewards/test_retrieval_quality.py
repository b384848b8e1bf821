import pytest
from rag_episodes import ADA, ALL, CID, QUESTION, ULL, UNKNOWN, VEL, rag
from rewards_episodes import episode, query

from hopgym.core import Question
from hopgym.errors import ConfigError
from hopgym.rewards.retrieval_quality import (
    compute_retrieval_precision,
    compute_retrieval_recall,
    is_stated,
    relevance,
    relevant_numbers,
    retrieval_precision,
)
from hopgym.rewards.shown import as_shown


def test_plain_lists_of_ids_and_documents():
    assert compute_retrieval_recall([VEL, CID], ["d1", "d2"]) == 0.5
    assert compute_retrieval_precision([VEL, CID, CID], [{"id": "d1"}, ADA]) == 0.5
    assert compute_retrieval_precision([{"title": "Vel", "text": "x"}], ["Vel"]) == 1.0
    assert compute_retrieval_recall([], ["d1"]) == compute_retrieval_precision([], ["d1"]) == 0.0
    assert compute_retrieval_recall(["d1"], []) == compute_retrieval_precision(["d1"], []) == 0.0


@pytest.mark.parametrize("given", ["d1", None])
def test_one_id_is_no_list(given):
    with pytest.raises(ConfigError, match=r"give a list of documents or ids"):
        compute_retrieval_recall(given, ["d1"])


def test_what_has_no_id_is_refused():
    with pytest.raises(ConfigError, match=r"has no id and no title"):
        compute_retrieval_precision([3], ["d1"])


def test_precision_over_an_episode():
    assert retrieval_precision(QUESTION, rag("x")) == 0.5
    assert retrieval_precision(QUESTION, rag("x", (ULL, CID))) == 0.0
    assert retrieval_precision(QUESTION, rag("x", ())) is None
    again = episode(query("a", "d1", "d3"), query("b", "d1", new=False))
    assert retrieval_precision(QUESTION, again) == 0.5


def test_without_gold_documents_those_that_state_the_answer_are_relevant():
    assert retrieval_precision(UNKNOWN, rag("x")) == 0.25
    assert relevance(UNKNOWN, rag("x")) == 1.0 and relevance(UNKNOWN, rag("x", (ULL,))) == 0.0
    assert relevant_numbers(UNKNOWN, as_shown(ALL)) == {2}
    assert relevant_numbers(QUESTION, as_shown(ALL)) == {1, 2}


def test_a_yes_is_stated_nowhere():
    verdict = Question("q", "Is it?", ("Yes", "yes."))
    played = rag("x", (CID,), question=verdict)
    assert not is_stated(verdict) and is_stated(UNKNOWN)
    assert retrieval_precision(verdict, played) is None
    assert relevance(verdict, played) == 0.0 and relevant_numbers(verdict, as_shown(ALL)) == set()


def test_relevance_is_the_gold_recall_where_it_is_known():
    assert relevance(QUESTION, rag("x")) == 1.0
    assert relevance(QUESTION, rag("x", (ADA, CID))) == 0.5
    assert relevance(QUESTION, rag("x", (CID,), more=[("Vel", (VEL,))])) == 0.5
