"""What is reported of a finished episode. Metrics are not rewards: nothing is trained on them."""

from __future__ import annotations

from ..core import Question, Trajectory
from .answer import cover_em, exact_match, f1
from .citation import citation_quality, cites
from .evidence import contains_answer, gold_recall, shown_plain
from .format import format_adherence
from .hallucination import quick_rate
from .repeat import repeated_queries
from .retrieval_quality import retrieval_precision


def episode_metrics(question: Question, trajectory: Trajectory) -> dict[str, float]:
    """Return the metrics by name.

    `em`, `f1`, `cover_em` of the answer; `format_adherence`, the share of actions in the exact form;
    `answer_seen`, whether an answer stood in the documents shown; `queries`, `repeated_queries` and
    `steps`, counted. Left out where they cannot be told: `gold_recall` and `retrieval_precision`,
    where it is unknown what is relevant or, the latter, nothing was shown; `hallucination_rate`,
    without documents or a claim that can be checked; `citation_precision` and `citation_recall`,
    where the answer cites nothing.
    """
    prediction, answers = trajectory.prediction, question.answers
    shown = shown_plain(trajectory)
    metrics = {
        "em": exact_match(prediction, answers),
        "f1": f1(prediction, answers),
        "cover_em": cover_em(prediction, answers),
        "format_adherence": format_adherence(trajectory),
        "answer_seen": float(contains_answer(shown, answers)),
        "queries": float(sum(len(step.queries) for step in trajectory.steps)),
        "repeated_queries": float(repeated_queries(trajectory)),
        "steps": float(len(trajectory.steps)),
    }
    told = {
        "gold_recall": gold_recall(question, trajectory),
        "retrieval_precision": retrieval_precision(question, trajectory) if shown else None,
    }
    if trajectory.outcome == "answered":
        if shown:
            told["hallucination_rate"] = quick_rate(question, trajectory, shown)
        if cites(trajectory):
            quality = citation_quality(question, trajectory)
            told |= {"citation_precision": quality.precision, "citation_recall": quality.recall}
    return metrics | {name: value for name, value in told.items() if value is not None}
