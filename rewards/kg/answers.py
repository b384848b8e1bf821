"""How right a list of answers is, as knowledge-graph question answering counts it.

The literature uses one word for several rules, so each rule has its own name here:

| name | a prediction is right if | source |
|---|---|---|
| `hit_at_1_exact` | the first one equals a gold answer | NSM, ReaRev: the top entity |
| `hit_exact` | any one equals a gold answer | |
| `f1_one_to_one` | it equals a gold answer that no earlier one has taken | |
| `hit` | a gold answer occurs anywhere in the joined predictions | RoG, GNN-RAG |
| `hit_at_1` | a gold answer occurs in the first prediction | GNN-RAG |
| `list_f1` | gold answers that occur, over predictions and over gold | RoG, GNN-RAG |

The last three are those of `rewards.answer`, so that `hopgym score` and an environment say the
same. They follow `evaluate_results.py` of RoG (arXiv 2310.01061) and GNN-RAG (arXiv 2405.20139)
and give their published figures. They pay for listing: a prediction may hold several answers, and
`list_precision` may pass 1. The first three cannot be gamed so. All normalise as SQuAD does: lower
case, no punctuation, no articles. RoG's script also drops repeated predictions before it counts;
here a list is scored as it is given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from ..answer import hit, hit_at_1, list_f1, occurring
from ..normalize import squad_cached

Lists = Callable[[Sequence[str], Sequence[str]], float]
"""Predictions, best first, and all gold answers in; a float out."""


def hit_at_1_exact(predictions: Sequence[str], answers: Sequence[str]) -> float:
    """Return 1 if the first prediction is a gold answer, both normalised.

    >>> hit_at_1_exact(["The Seine"], ["seine"]), hit_at_1_exact(["Seine, Rhine"], ["Seine"])
    (1.0, 0.0)
    """
    return hit_exact(predictions[:1], answers)


def hit_exact(predictions: Sequence[str], answers: Sequence[str]) -> float:
    """Return 1 if any prediction is a gold answer, both normalised.

    >>> hit_exact(["Rhine", "Seine"], ["Seine"])
    1.0
    """
    return float(not set(map(_key, predictions)).isdisjoint(map(_key, answers)))


def one_to_one(predictions: Sequence[str], answers: Sequence[str]) -> int:
    """Return how many predictions can be paired with a gold answer of their own.

    Two gold answers that read alike once normalised (two people of one name) are two, and take two
    predictions; the same text twice in the gold is one. A prediction that comes again finds its
    answer taken.

    >>> one_to_one(["Seine", "the Seine", "Rhine"], ["Seine", "Rhine"])
    2
    """
    gold = Counter(map(_key, dict.fromkeys(answers)))
    return (Counter(map(_key, predictions)) & gold).total()


def f1_one_to_one(predictions: Sequence[str], answers: Sequence[str]) -> float:
    """Return the F1 in which each prediction and each gold answer counts once.

    Precision is over all predictions, repeated ones too; recall over the distinct gold answers.

    >>> f1_one_to_one(["Seine", "Rhine"], ["Seine"])
    0.6666666666666666
    """
    total = len(predictions) + len(set(answers))
    return 2 * one_to_one(predictions, answers) / total if total else 0.0


def list_precision(predictions: Sequence[str], answers: Sequence[str]) -> float:
    """Return RoG's precision: gold answers that occur, over predictions. It may pass 1.

    >>> list_precision(["Seine, Rhine"], ["Seine", "Rhine"])
    2.0
    """
    return occurring(predictions, answers) / len(predictions) if predictions else 0.0


def list_recall(predictions: Sequence[str], answers: Sequence[str]) -> float:
    """Return RoG's recall, which it also calls accuracy: the share of gold answers that occur.

    >>> list_recall(["Seine, Rhine"], ["Seine", "Loire"])
    0.5
    """
    return occurring(predictions, answers) / len(answers) if answers else 0.0


ANSWER_METRICS: dict[str, Lists] = {
    "hit_at_1_exact": hit_at_1_exact,
    "hit_exact": hit_exact,
    "f1_one_to_one": f1_one_to_one,
    "hit_at_1": hit_at_1,
    "hit": hit,
    "list_f1": list_f1,
}
"""What an episode reports; `list_precision` and `list_recall` are there for tables."""


def answer_metrics(predictions: Sequence[str], answers: Sequence[str]) -> dict[str, float]:
    """Return every metric of a list of answers by its name.

    Args:
        predictions: Best first; none if nothing was answered, which scores 0.
        answers: All gold answers, each once. Not aliases: each one is asked for.

    >>> answer_metrics(["Seine"], ["Seine", "Rhine"])["f1_one_to_one"]
    0.6666666666666666
    """
    return {name: metric(predictions, answers) for name, metric in ANSWER_METRICS.items()}


def _key(text: str) -> str:
    """Normalise; a name that is nothing but articles or signs ("The The", "!!!") stays as it is."""
    return squad_cached(text) or " ".join(text.casefold().split())
