"""Twins: the same environment over the same questions, with something about them changed.

What differs between two twins follows from the change alone. It needs an environment that takes a
question set by `questions=`; of others there are no twins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from ...core import Document, Hop, Question
from ...envs.datasets.loaded import LoadedQuestions
from .subject import Subject

Edit = Callable[[Question], Question]

CANARIES = ("Vexlorian Quandry", "Mubrique Ostander")
"""Answers that no text has, one for each of two twins."""


def played_questions(subject: Subject, most: int) -> list[Question]:
    """Return the questions of the first seeds, each once."""
    found: dict[str, Question] = {}
    for seed in subject.seeds:
        subject.env.reset(seed=seed)
        question = subject.env.unwrapped.question  # type: ignore[attr-defined]
        found.setdefault(question.id, question)
        if len(found) == most:
            break
    return list(found.values())


def twin(
    subject: Subject,
    edit: Edit,
    *,
    most: int = 4,
    planted: Iterable[Document] = (),
) -> Subject:
    """Return an audit subject over edited questions.

    Args:
        subject: One of ours.
        edit: Changes a question; its id should stay.
        most: How many questions.
        planted: Documents that are added to the corpus.
    """
    played: Any = subject.env.unwrapped
    questions = [edit(question) for question in played_questions(subject, most)]
    documents = (*played.question_set.documents, *planted)
    made = LoadedQuestions("audit", {played.split: questions}, documents)
    keywords = {**subject.keywords, "questions": made, "split": played.split}
    return Subject(subject.env_id, keywords, episodes=max(2, len(questions)))


def with_canary(which: int) -> Edit:
    """Return an edit that replaces all gold of a question by a canary; its text and facts stay.

    The two canaries also differ in how many hops, gold documents and gold facts there are, so that
    a count of them shows too.
    """
    canary = CANARIES[which]

    def edit(question: Question) -> Question:
        hops = tuple(Hop(f"{canary} {n}", canary, (f"{canary} d{n}",)) for n in range(2 * which))
        count = len(question.facts)
        return replace(
            question,
            answers=(canary,),
            type=canary,
            hops=hops,
            document_ids=tuple(f"{canary} d{n}" for n in range(1 + which)),
            answer_entities=(canary,) if question.answer_entities else (),
            gold_facts=tuple(range(min(1 + which, count))) if question.gold_facts else (),
        )

    return edit


def with_answer(answer: str) -> Edit:
    """Return an edit that gives every question one answer.

    >>> with_answer("yes")(Question("q", "Is it?", ("no",))).answers
    ('yes',)
    """
    return lambda question: replace(question, answers=(answer,))
