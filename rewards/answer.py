"""How right an answer is: exact match, F1, containment, each as its official script has it.

All take the predicted answer (None when none was given) and the accepted answers, and return a
float from 0 to 1, the best over the accepted answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from .normalize import LONGEST_KEPT, Normalizer, r1_searcher, squad, squad_cached

_WHOLE = ("yes", "no", "noanswer")
"""Answers that HotpotQA's script compares whole: sharing a token with them earns nothing."""


def exact_match(prediction: str | None, answers: Sequence[str]) -> float:
    """Return 1 if the normalised answer is an accepted one (SQuAD and HotpotQA scripts).

    >>> exact_match("the Tessa.", ["Tessa", "Tessa Town"])
    1.0
    """
    if not prediction:
        return 0.0
    given = squad_cached(prediction)
    return float(given in map(squad_cached, answers))


def f1(prediction: str | None, answers: Sequence[str]) -> float:
    """Return the token F1 of HotpotQA's official script, with its rule for yes, no and noanswer.

    >>> f1("Ada Orm of Tessa", ["Ada Orm"])
    0.6666666666666666
    >>> f1("yes and no", ["yes"])
    0.0
    """
    return _best_f1(prediction, answers, whole=_WHOLE)


def f1_squad(prediction: str | None, answers: Sequence[str]) -> float:
    """Return the token F1 of the official SQuAD v1.1 script: no special answers."""
    return _best_f1(prediction, answers, whole=())


def cover_em(prediction: str | None, answers: Sequence[str]) -> float:
    """Return 1 if an accepted answer occurs in the answer, both normalised.

    The literature's cover-EM, sub-EM or "acc": a plain substring test. It pays for long answers
    that list candidates: report it beside EM, never train on it.

    >>> cover_em("It was Ada Orm.", ["Ada Orm"])
    1.0
    """
    if not prediction:
        return 0.0
    given = squad_cached(prediction)
    return float(any(gold in given for gold in map(squad_cached, answers) if gold))


def bag_cover(prediction: str | None, answers: Sequence[str]) -> float:
    """Return 1 if all tokens of an accepted answer occur, in any order: R1-Searcher's ACC_R.

    >>> bag_cover("Orm, Ada", ["Ada Orm"])
    1.0
    """
    if not prediction:
        return 0.0
    given = set(r1_searcher(prediction).split())
    return float(any(set(gold) <= given for gold in _tokens(answers, r1_searcher)))


def hit(predictions: Sequence[str], answers: Sequence[str]) -> float:
    """Return 1 if an accepted answer occurs in the joined predictions: GNN-RAG's Hit.

    Of the KGQA literature (arXiv 2405.20139), where a prediction is a list.
    """
    return _contains(" ".join(predictions), answers)


def hit_at_1(predictions: Sequence[str], answers: Sequence[str]) -> float:
    """Return 1 if an accepted answer occurs in the first prediction: GNN-RAG's H@1."""
    return _contains(predictions[0], answers) if predictions else 0.0


def list_f1(predictions: Sequence[str], answers: Sequence[str]) -> float:
    """Return the F1 of a list of predictions against all gold answers, as GNN-RAG counts it.

    Precision is the share of predictions, and recall the share of gold answers, that match.
    """
    if not predictions or not answers:
        return 0.0
    matched = occurring(predictions, answers)
    precision, recall = matched / len(predictions), matched / len(answers)
    return 2 * precision * recall / (precision + recall) if matched else 0.0


def occurring(predictions: Sequence[str], answers: Sequence[str]) -> int:
    """Return how many answers occur in the joined predictions, which are normalised once.

    >>> occurring(["Seine, Rhine"], ["the Seine", "Rhine", "Loire", "The"])
    2
    """
    given = squad(" ".join(predictions))
    return sum(gold in given for gold in map(squad_cached, answers) if gold)


def _contains(text: str, answers: Sequence[str]) -> float:
    given = squad(text)
    return float(any(gold in given for gold in map(squad_cached, answers) if gold))


def _best_f1(prediction: str | None, answers: Sequence[str], whole: tuple[str, ...]) -> float:
    if not prediction:
        return 0.0
    given = squad_cached(prediction)
    golds = [squad_cached(answer) for answer in answers]
    if given and given in golds:
        return 1.0
    return max((_f1(given, gold, whole) for gold in golds), default=0.0)


def _f1(given: str, gold: str, whole: tuple[str, ...]) -> float:
    if given in whole or gold in whole:
        return 0.0
    left, right = given.split(), gold.split()
    if set(left).isdisjoint(right):
        return 0.0
    shared = sum((Counter(left) & Counter(right)).values())
    precision, recall = shared / len(left), shared / len(right)
    return 2 * precision * recall / (precision + recall)


def _tokens(answers: Sequence[str], normalise: Normalizer) -> list[tuple[str, ...]]:
    return [tokens for answer in answers if (tokens := _split(answer, normalise))]


def _split(answer: str, normalise: Normalizer) -> tuple[str, ...]:
    split = _short_split if len(answer) <= LONGEST_KEPT else _any_split
    return split(answer, normalise)


def _any_split(answer: str, normalise: Normalizer) -> tuple[str, ...]:
    return tuple(normalise(answer).split())


_short_split = lru_cache(maxsize=16_384)(_any_split)
