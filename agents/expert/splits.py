"""Keeping what is trained on apart from what is tested on.

Two questions are the same if they share an id within one question set, their normalised text, or
their chain of gold facts. A split that shares one with a split for evaluation is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ...core import Question
from ...envs.contamination.keys import chain_of, exact_keys
from ...envs.datasets import make_questions
from ...envs.datasets.base import QuestionSet, check_split
from ...errors import DataError

__all__ = ["Evaluation", "Shared", "chain_of", "check_apart", "evaluations", "shared"]


class Evaluation(NamedTuple):
    """A split that must not be trained on."""

    name: str
    questions: Sequence[Question]
    same_set: bool
    """Whether it is of the question set that is collected from, so that ids can be compared."""


class Shared(NamedTuple):
    """A question that stands in both."""

    question: Question
    what: str
    """What is the same: its id, its text, or its facts."""
    other: Question
    where: str


def evaluations(
    question_set: QuestionSet, split: str, given: Sequence[str] | None
) -> list[Evaluation]:
    """Return the splits to keep apart from.

    Args:
        question_set: What is collected from.
        split: Its split.
        given: `SPLIT`, or `QUESTIONS@SPLIT` for one of another set; None for all other splits of
            this set.

    Raises:
        ConfigError: If there is no such split.
    """
    if given is None:
        given = [name for name in question_set.splits if name != split]
    return [_evaluation(question_set, each) for each in given]


def shared(training: Iterable[Question], evaluated: Sequence[Evaluation]) -> list[Shared]:
    """Return which questions also stand in a split for evaluation, each once."""
    known: dict[tuple[str, object], tuple[Question, str]] = {}
    for evaluation in evaluated:
        for question in evaluation.questions:
            for key in exact_keys(question):
                if key[0] != "id" or evaluation.same_set:
                    known.setdefault(key, (question, evaluation.name))
    found = []
    for question in training:
        same = [key for key in exact_keys(question) if key in known]
        if same:
            found.append(Shared(question, same[0][0], *known[same[0]]))
    return found


def check_apart(training: Sequence[Question], name: str, evaluated: Sequence[Evaluation]) -> None:
    """Refuse a split that shares questions with one for evaluation.

    Args:
        training: The questions to collect from.
        name: What to call them.
        evaluated: The splits to keep apart from.

    Raises:
        DataError: If they share any; the message says how many, by what, and names the first.
    """
    found = shared(training, evaluated)
    if not found:
        return
    first = found[0]
    counts = Counter(each.what for each in found)
    told = ", ".join(f"{count} by {what}" for what, count in counts.items())
    raise DataError(
        f"{len(found)} of {len(training)} questions of {name} also stand in a split for evaluation "
        f"({told}); the first: {first.question.id!r} is {first.other.id!r} of {first.where} "
        f"({first.question.text!r:.100}). Pass --leave-out to collect without them, or name "
        "with --exclude what is to be evaluated."
    )


def _evaluation(question_set: QuestionSet, given: str) -> Evaluation:
    source, _, split = given.rpartition("@")
    other = make_questions(source) if source else question_set
    check_split(split, other.splits, other.name)
    same = other.fingerprint == question_set.fingerprint
    return Evaluation(f"{other.name} {split}", other.questions(split), same)
