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
    }


def test_unknown_gold_documents_leave_recall_out():
    metrics = episode_metrics(Question("q", "?", ("x",)), episode(query("a", "d1")))
    assert "gold_recall" not in metrics and metrics["em"] == 0.0
