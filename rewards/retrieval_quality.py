"""How good was what an episode retrieved: recall, precision and relevance.

Against the gold documents where they are known; else against the accepted answers: a document that
states one is taken for relevant (as DPR trains where no passage is marked, arXiv 2004.04906).
Answers of yes and no are stated by no document, and then nothing can be told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..core import Question, Trajectory
from ..errors import ConfigError
from ..retrieval import metrics
from .evidence import answer_seen, gold_recall, states_answer
from .normalize import squad_cached
from .shown import Shown, full_text, shown_documents

_UNSTATED = frozenset({"yes", "no", "noanswer", ""})


def compute_retrieval_recall(retrieved: Iterable[Any], relevant: Iterable[Any]) -> float:
    """Return the share of the relevant documents that were retrieved; 0 if none is relevant.

    Args:
        retrieved: Ids, or documents (their `id` counts, and their title where they have none).
        relevant: The same of the gold.

    Raises:
        ConfigError: If something is neither an id nor a document.

    >>> compute_retrieval_recall(["d1", "d7"], ["d1", "d2"])
    0.5
    """
    return metrics.recall(_ids(retrieved), set(_ids(relevant)))


def compute_retrieval_precision(retrieved: Iterable[Any], relevant: Iterable[Any]) -> float:
    """Return the share of the retrieved documents that are relevant; 0 if none was retrieved.

    What was retrieved twice counts once.

    Raises:
        ConfigError: If something is neither an id nor a document.

    >>> compute_retrieval_precision(["d1", "d7", "d7"], ["d1", "d2"])
    0.5
    """
    found = set(_ids(retrieved))
    return len(found.intersection(_ids(relevant))) / len(found) if found else 0.0


def retrieval_precision(question: Question, trajectory: Trajectory) -> float | None:
    """Return the share of the documents shown that are relevant; None where it cannot be told."""
    if question.document_ids:
        shown = {hit.document_id for step in trajectory.steps for hit in step.hits if hit.new}
        return len(shown.intersection(question.document_ids)) / len(shown) if shown else None
    if not is_stated(question):
        return None
    documents = shown_documents(trajectory)
    return len(relevant_numbers(question, documents)) / len(documents) if documents else None


def relevance(question: Question, trajectory: Trajectory) -> float:
    """Return how much of what the answer needs was shown, from 0 to 1.

    The gold-document recall; where the gold is unknown, 1 if an accepted answer was shown. It is 0
    where nothing can be told.
    """
    recall = gold_recall(question, trajectory)
    if recall is not None:
        return recall
    return answer_seen(question, trajectory) if is_stated(question) else 0.0


def relevant_numbers(question: Question, documents: Sequence[Shown]) -> set[int]:
    """Return the numbers of the relevant ones among documents that were shown."""
    if question.document_ids:
        return {d.number for d in documents if d.id in question.document_ids}
    if not is_stated(question):
        return set()
    return {d.number for d in documents if states_answer(full_text(d), question.answers)}


def is_stated(question: Question) -> bool:
    """Return whether a document could state an accepted answer: not if all say yes or no."""
    return any(squad_cached(answer) not in _UNSTATED for answer in question.answers)


def _ids(given: Iterable[Any]) -> list[str]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise ConfigError(f"The documents are {given!r:.60}; give a list of documents or ids.")
    return [_id(one) for one in given]


def _id(given: Any) -> str:
    if isinstance(given, str):
        return given
    for name in ("id", "_id", "title"):
        value = given.get(name) if isinstance(given, Mapping) else getattr(given, name, None)
        if isinstance(value, str) and value:
            return value
    raise ConfigError(f"{given!r:.100} is no document: it has no id and no title that is a str.")
