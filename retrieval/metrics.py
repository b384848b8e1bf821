"""How good a ranking is, against the documents that were needed.

Each metric is a pure function of ranked ids, gold ids and a cut-off `k`, and agrees with trec_eval:
what is not gold is not relevant, and without any gold every metric is 0. Three that trec_eval does
not have matter where one passage is not enough: whether *all* gold was found, each hop's share, and
whether an answer stands in what was found. `evaluate` asks a retriever and gives every question's
values, so that intervals and comparisons can be computed; it knows nothing of agents.

An id that comes again counts at its first place only: with titles for ids, two passages of one
article are one find.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ..core import Document, Hop, Question
from ..errors import ConfigError, DataError, unknown_name
from .base import Retriever, check_k
from .children import ask

T = TypeVar("T")

Ranking = Sequence[str]
"""Ids, best first."""
Gold = Collection[str] | Mapping[str, float]
"""The relevant ids; or grades by id, where 0 and less is not relevant."""

VERDICTS = frozenset({"yes", "no", "noanswer"})
"""Answers that no passage states; finding them in one means nothing."""

DEPTHS = (2, 5, 10)
"""The usual cut-offs of multi-hop retrieval."""


def recall(ranking: Ranking, gold: Gold, k: int | None = None) -> float:
    """Return the share of the gold that is among the first `k`.

    >>> recall(["a", "x", "b"], {"a", "b"}, k=2)
    0.5
    """
    relevant = _relevant(gold)
    return len(relevant.intersection(_first(ranking, k))) / len(relevant) if relevant else 0.0


def all_gold(ranking: Ranking, gold: Gold, k: int | None = None) -> float:
    """Return 1 if all of the gold is among the first `k`: the question can be answered.

    >>> all_gold(["a", "x", "b"], {"a", "b"}, k=2), all_gold(["a", "x", "b"], {"a", "b"}, k=3)
    (0.0, 1.0)
    """
    relevant = _relevant(gold)
    return float(bool(relevant) and relevant.issubset(_first(ranking, k)))


def hit(ranking: Ranking, gold: Gold, k: int | None = None) -> float:
    """Return 1 if any of the gold is among the first `k`."""
    return float(not _relevant(gold).isdisjoint(_first(ranking, k)))


def precision(ranking: Ranking, gold: Gold, k: int) -> float:
    """Return the share of the first `k` places that gold takes; a short ranking leaves some empty.

    >>> precision(["a"], {"a", "b"}, k=4)
    0.25
    """
    return len(_relevant(gold).intersection(_first(ranking, k))) / k


def reciprocal_rank(ranking: Ranking, gold: Gold, k: int | None = None) -> float:
    """Return 1 over the place of the first gold id; 0 if there is none. Its mean is the MRR.

    >>> reciprocal_rank(["x", "a", "b"], {"a", "b"})
    0.5
    """
    return next((1 / place for place in _places(ranking, gold, k)), 0.0)


def average_precision(ranking: Ranking, gold: Gold, k: int | None = None) -> float:
    """Return the mean, over all gold ids, of the precision where each was found. Its mean is MAP.

    >>> average_precision(["a", "x", "b", "y"], {"a", "b", "c"})
    0.5555555555555555
    """
    places = _places(ranking, gold, k)
    found = math.fsum(count / place for count, place in enumerate(places, 1))
    return found / len(_relevant(gold)) if places else 0.0


def ndcg(ranking: Ranking, gold: Gold, k: int | None = None) -> float:
    """Return the discounted gain over the best possible one (Järvelin and Kekäläinen 2002).

    A grade is its gain, as in trec_eval; gold without grades gains 1 each.

    >>> ndcg(["a", "b"], {"a": 2, "b": 1}), ndcg(["x", "a"], {"a"}) == 1 / math.log2(3)
    (1.0, True)
    """
    grades = gold if isinstance(gold, Mapping) else dict.fromkeys(gold, 1.0)
    ideal = sorted((grade for grade in grades.values() if grade > 0), reverse=True)
    gained = [(place, grades[ranking[place - 1]]) for place in _places(ranking, gold, k)]
    best = enumerate(_first(ideal, k), 1)
    return _discounted(gained) / _discounted(best) if gained else 0.0


METRICS: Mapping[str, Callable[[Ranking, Gold, int], float]] = {
    "recall": recall,
    "all_gold": all_gold,
    "hit": hit,
    "precision": precision,
    "mrr": reciprocal_rank,
    "map": average_precision,
    "ndcg": ndcg,
}
"""The metrics of one ranking, by the names under which they are reported."""


def hop_recalls(ranking: Ranking, hops: Sequence[Hop], k: int | None = None) -> list[float | None]:
    """Return the recall of each hop's own documents; None for a hop whose documents are unknown."""
    return [recall(ranking, hop.document_ids, k) if hop.document_ids else None for hop in hops]


def answer_recall(
    documents: Sequence[Document],
    answers: Sequence[str],
    k: int | None = None,
    *,
    normalize: Callable[[str], str] = str.lower,
) -> float | None:
    """Return 1 if an accepted answer stands, as whole words, in one of the first `k` documents.

    Args:
        documents: What was found, best first; title and text are looked at apart.
        answers: The accepted answers.
        k: Look at so many documents; at all if None.
        normalize: What makes two ways of writing equal, such as `hopgym.rewards.normalize.squad`.

    Returns:
        0 or 1; None if no accepted answer can be looked for, as a yes or no.

    >>> answer_recall([Document("d", "Ada", "Born in London in 1815.")], ["london"])
    1.0
    """
    place = answer_place(_first(documents, k), answers, normalize=normalize)
    return None if place is None else float(place <= len(documents))


def answer_place(
    documents: Sequence[Document],
    answers: Sequence[str],
    *,
    normalize: Callable[[str], str] = str.lower,
) -> float | None:
    """Return the place, from 1, of the first document that `answer_recall` would count.

    Returns:
        Infinity if there is none; None if no accepted answer can be looked for.
    """
    wanted = {f" {text} " for text in (" ".join(normalize(a).split()) for a in answers) if text}
    wanted -= {f" {verdict} " for verdict in VERDICTS}
    if not wanted:
        return None
    for place, document in enumerate(documents, 1):
        for text in (document.title, document.text):
            words = f" {' '.join(normalize(text).split())} "
            if any(answer in words for answer in wanted):
                return place
    return math.inf


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a retriever reached on each question."""

    values: Mapping[str, Mapping[str, float]]
    """Metric (`"recall@5"`) to question id to value; a question for which it is not defined is not
    in it."""
    without_gold: tuple[str, ...] = ()
    """The ids of questions that were left out, as their gold documents are unknown."""

    def of(self, metric: str) -> Mapping[str, float]:
        """Return one metric's value for each question.

        Raises:
            UnknownNameError: If it was not computed.
        """
        if metric not in self.values:
            raise unknown_name("metric", metric, self.values, "Evaluation.values")
        return self.values[metric]

    def mean(self, metric: str) -> float:
        """Return a metric's mean over its questions."""
        values = self.of(metric).values()
        return math.fsum(values) / len(values)


def evaluate(
    retriever: Retriever,
    questions: Sequence[Question],
    ks: Sequence[int] = DEPTHS,
    *,
    name: Callable[[Document], str] = lambda document: document.id,
    normalize: Callable[[str], str] | None = None,
) -> Evaluation:
    """Search for each question's text and compare what is found with its gold documents.

    Gives each of `METRICS` at each cut-off, `hop_1_recall@k` and so on where hops have documents,
    and `answer_recall@k`.

    Args:
        retriever: What to measure.
        questions: Those without gold documents are left out, and named.
        ks: The cut-offs.
        name: What gold ids name in a document, such as its title; its id by default.
        normalize: Makes answers comparable (see `answer_recall`); no answer recall if None.

    Raises:
        ConfigError: If there is no retriever, or no cut-off.
        DataError: If no question has gold documents, two share an id, or one is no question.
        RetrievalError: If the retriever cannot answer.
    """
    if not isinstance(retriever, Retriever) or isinstance(retriever, type):
        raise ConfigError(
            f"{retriever!r:.80} is no retriever. Make one: "
            'make_retriever("bm25", question_set.documents).'
        )
    _check_depths(ks)
    asked = _with_gold(questions)
    texts = [question.text for question in asked]
    hits = ask(retriever, type(retriever).__name__, texts, max(ks))
    values: dict[str, dict[str, float]] = {}
    for question, found in zip(asked, hits.documents, strict=True):
        ranking = [name(document) for document in found]
        scores: dict[str, float | None] = {**score(ranking, question.document_ids, ks)}
        scores |= _hop_scores(ranking, question, ks)
        if normalize is not None:
            place = answer_place(found, question.answers, normalize=normalize)
            if place is not None:
                scores |= {f"answer_recall@{k}": float(place <= k) for k in ks}
        _collect(values, question.id, scores)
    left_out = tuple(question.id for question in questions if not question.document_ids)
    return Evaluation(values, left_out)


def evaluate_rankings(
    rankings: Mapping[str, Ranking], gold: Mapping[str, Gold], ks: Sequence[int] = DEPTHS
) -> Evaluation:
    """Compare rankings with gold, such as a TREC run with its qrels.

    A question of `gold` that has no ranking found nothing and counts (trec_eval's `-c`); rankings
    without gold are not looked at.
    """
    _check_depths(ks)
    values: dict[str, dict[str, float]] = {}
    for question, relevant in gold.items():
        _collect(values, question, score(rankings.get(question, ()), relevant, ks))
    return Evaluation(values)


def score(ranking: Ranking, gold: Gold, ks: Sequence[int] = DEPTHS) -> dict[str, float]:
    """Return each of `METRICS` at each cut-off, by names such as `"recall@5"`."""
    return {f"{name}@{k}": metric(ranking, gold, k) for k in ks for name, metric in METRICS.items()}


def _hop_scores(ranking: Ranking, question: Question, ks: Sequence[int]) -> dict[str, float | None]:
    return {
        f"hop_{hop}_recall@{k}": share
        for k in ks
        for hop, share in enumerate(hop_recalls(ranking, question.hops, k), 1)
    }


def _with_gold(questions: Sequence[Question]) -> list[Question]:
    if isinstance(questions, str | Question):
        raise DataError(f"questions is {questions!r:.60}; give a list of hopgym.core.Question.")
    for position, question in enumerate(questions):
        if not isinstance(question, Question):
            raise DataError(
                f"Question {position} is a {type(question).__name__} ({question!r:.60}); give a "
                "hopgym.core.Question, whose `document_ids` tell what should be found."
            )
    asked = {question.id: question for question in questions if question.document_ids}
    if not asked:
        raise DataError(
            f"None of {len(questions)} questions has gold documents to find. "
            "Give questions with `document_ids`."
        )
    for question in questions:
        if asked.get(question.id, question) is not question:
            raise DataError(f"Two questions have the id {question.id!r}. Give each its own.")
    return list(asked.values())


def _collect(
    values: dict[str, dict[str, float]], question: str, scores: Mapping[str, float | None]
) -> None:
    for metric, value in scores.items():
        if value is not None:
            values.setdefault(metric, {})[question] = value


def _check_depths(ks: Sequence[int]) -> None:
    if isinstance(ks, str | Mapping) or not isinstance(ks, Iterable):
        raise ConfigError(f"ks is {ks!r:.60}; give the cut-offs in a list, such as ks=[2, 5, 10].")
    if not ks:
        raise ConfigError("There is no cut-off; give at least one k, such as ks=(2, 5, 10).")
    for k in ks:
        check_k(k)


def _relevant(gold: Gold) -> set[str]:
    if isinstance(gold, Mapping):
        return {id for id, grade in gold.items() if grade > 0}
    return set(gold)


def _first(ranking: Sequence[T], k: int | None) -> Sequence[T]:
    if k is None:
        return ranking
    check_k(k)
    return ranking[:k]


def _places(ranking: Ranking, gold: Gold, k: int | None) -> list[int]:
    """Return the places, from 1, at which gold ids come for the first time."""
    waiting = _relevant(gold)
    places = []
    for place, id in enumerate(_first(ranking, k), 1):
        if id in waiting:
            waiting.remove(id)
            places.append(place)
    return places


def _discounted(gains: Collection[tuple[int, float]] | enumerate[float]) -> float:
    return math.fsum(gain / math.log2(place + 1) for place, gain in gains)
