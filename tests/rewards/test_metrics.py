from dataclasses import replace

from rag_episodes import QUESTION as RAG
from rag_episodes import VEL, rag
from rewards_episodes import QUESTION, answer, episode, query, unreadable

from hopgym.core import Question
from hopgym.rewards.metrics import episode_metrics


def test_all_metrics_of_an_episode():
    played = episode(
        query("one", "d1"), query("one"), unreadable(), answer("Ada Orm!"),
        outcome="answered", prediction="Ada Orm!", shown="By Ada Orm.",
    )  # fmt: skip
    assert episode_metrics(QUESTION, played) == {
        "em": 1.0,
        "f1": 1.0,
        "cover_em": 1.0,
        "format_adherence": 0.75,
        "answer_seen": 1.0,
        "queries": 2.0,
        "repeated_queries": 1.0,
        "steps": 4.0,
        "gold_recall": 0.5,
        "retrieval_precision": 1.0,
        "hallucination_rate": 0.0,
    }


def test_unknown_gold_documents_leave_recall_out():
    metrics = episode_metrics(Question("q", "?", ("x",)), episode(query("a", "d1")))
    assert "gold_recall" not in metrics and metrics["em"] == 0.0


def test_citations_are_reported_where_there_are_any():
    cited = episode_metrics(RAG, rag("Tessa [2] [3]"))
    assert (cited["citation_precision"], cited["citation_recall"]) == (0.5, 0.5)
    assert cited["hallucination_rate"] == 0.0 and cited["retrieval_precision"] == 0.5
    silent = episode_metrics(RAG, rag("Tessa"))
    assert not {"citation_precision", "citation_recall"} & set(silent)


def test_what_stands_in_the_opening_was_seen():
    assert episode_metrics(RAG, rag("Tessa"))["answer_seen"] == 1.0
    assert episode_metrics(RAG, rag("Tessa", (VEL,)))["answer_seen"] == 0.0
    asked = replace(RAG, answers=("director of Vel",))  # these words stand in the question alone
    assert episode_metrics(asked, rag("Tessa", (VEL,), question=asked))["answer_seen"] == 0.0


def test_where_nothing_was_shown_nothing_is_told_of_it():
    closed = episode(answer("Ada Orm"), outcome="answered", prediction="Ada Orm")
    assert not {"retrieval_precision", "hallucination_rate"} & set(
        episode_metrics(QUESTION, closed)
    )
    unread = episode_metrics(RAG, rag(None, outcome="malformed"))
    assert "hallucination_rate" not in unread and unread["retrieval_precision"] == 0.5
