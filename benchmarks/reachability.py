"""Whether the answers can be found at all: which gold answers and documents the corpus holds.

A score without it cannot be compared: filling the gaps of a corpus moves exact match by more than
most changes of method (arXiv 2605.27881 found 37 % of questions unanswerable from a usual one).
It knows questions and documents, and nothing of retrievers or agents.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ..core import Document, Question
from ..rewards.normalize import squad
from .records import Facts

Phrase = tuple[str, ...]

VERDICTS = frozenset({"yes", "no", "noanswer"})
"""Answers that no passage states; whether they can be found is not decided by looking for them."""


class Reachability(NamedTuple):
    """Shares of questions, each None if it is known for no question."""

    answers: float | None
    """With an accepted answer somewhere in the corpus, as whole normalised words."""
    documents: float | None
    """With every gold document in the corpus."""


def find_reachable(
    questions: Sequence[Question], documents: Sequence[Document]
) -> dict[str, Facts]:
    """Say for each question, by id, whether its answer and its gold documents are in the corpus.

    One pass over the corpus, however many questions there are.

    Args:
        questions: The questions to look at.
        documents: The corpus. An empty one (a live retriever) decides nothing.

    >>> hill = Document("d1", "Ada Hill", "She was born in Leeds.")
    >>> question = Question("q", "Where was Ada Hill born?", ("Leeds",), document_ids=("d1", "d2"))
    >>> find_reachable([question], [hill])["q"]
    Facts(answer_reachable=True, documents_reachable=False)
    """
    if not documents:
        return {question.id: Facts() for question in questions}
    phrases = {question.id: _phrases(question) for question in questions}
    found = find_phrases(dict.fromkeys(p for ps in phrases.values() for p in ps), documents)
    ids = {document.id for document in documents}
    return {
        question.id: Facts(
            any(phrase in found for phrase in phrases[question.id])
            if phrases[question.id]
            else None,
            all(i in ids for i in question.document_ids) if question.document_ids else None,
        )
        for question in questions
    }


def share(facts: Iterable[Facts]) -> Reachability:
    """Return the shares over the questions for which they are known."""
    rows = list(facts)
    return Reachability(
        _share([row.answer_reachable for row in rows]),
        _share([row.documents_reachable for row in rows]),
    )


def find_phrases(phrases: Iterable[Phrase], documents: Iterable[Document]) -> set[Phrase]:
    """Return the phrases that occur in a title or a text as consecutive normalised words."""
    waiting = _by_first_word(phrases)
    found: set[Phrase] = set()
    for document in documents:
        if not waiting:
            break
        for text in (document.title, document.text):
            for phrase in _occurring(squad(text).split(), waiting):
                if phrase not in found:
                    found.add(phrase)
                    _strike(waiting, phrase)
    return found


def _occurring(words: list[str], waiting: Mapping[str, list[Phrase]]) -> list[Phrase]:
    # Few words begin a phrase: the intersection of two sets skips most texts at once.
    if waiting.keys().isdisjoint(words):
        return []
    return [
        phrase
        for start, word in enumerate(words)
        if word in waiting
        for phrase in waiting[word]
        if len(phrase) == 1 or tuple(words[start : start + len(phrase)]) == phrase
    ]


def _phrases(question: Question) -> list[Phrase]:
    texts = [squad(answer) for answer in question.answers]
    return [tuple(text.split()) for text in texts if text and text not in VERDICTS]


def _by_first_word(phrases: Iterable[Phrase]) -> dict[str, list[Phrase]]:
    index: dict[str, list[Phrase]] = {}
    for phrase in phrases:
        index.setdefault(phrase[0], []).append(phrase)
    return index


def _strike(waiting: dict[str, list[Phrase]], phrase: Phrase) -> None:
    left = [other for other in waiting[phrase[0]] if other != phrase]
    if left:
        waiting[phrase[0]] = left
    else:
        del waiting[phrase[0]]


def _share(values: Sequence[bool | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
