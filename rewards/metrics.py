"""What is reported of a finished episode. Metrics are not rewards: nothing is trained on them."""

from __future__ import annotations

from ..core import Question, Trajectory
from .answer import cover_em, exact_match, f1
from .evidence import answer_seen, gold_recall
from .format import format_adherence
from .repeat import repeated_queries


def episode_metrics(question: Question, trajectory: Trajectory) -> dict[str, float]:
    """Return the metrics by name.

    `em`, `f1`, `cover_em` of the answer; `format_adherence`, the share of actions in the exact form;
    `gold_recall`, left out where the gold documents are unknown; `answer_seen`, whether an answer
    stood in the documents shown; `queries`, `repeated_queries` and `steps`, counted.
    """
    prediction, answers = trajectory.prediction, question.answers
    metrics = {
        "em": exact_match(prediction, answers),
        "f1": f1(prediction, answers),
        "cover_em": cover_em(prediction, answers),
        "format_adherence": format_adherence(trajectory),
        "answer_seen": answer_seen(question, trajectory),
        "queries": float(sum(len(step.queries) for step in trajectory.steps)),
        "repeated_queries": float(repeated_queries(trajectory)),
        "steps": float(len(trajectory.steps)),
    }
    recall = gold_recall(question, trajectory)
    return metrics if recall is None else {**metrics, "gold_recall": recall}
