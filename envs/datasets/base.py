"""What a question set is: questions by split, and the documents to search for their answers.

It knows where questions come from and nothing of how they are played.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from ...core import Document, Question
from ...errors import ConfigError, DataError


@runtime_checkable
class QuestionSet(Protocol):
    """Questions by split, with their corpus. Immutable."""

    @property
    def name(self) -> str:
        """What to call it in tables."""

    @property
    def fingerprint(self) -> str:
        """Names the exact questions and documents; stored with every result."""

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits it has."""

    @property
    def documents(self) -> Sequence[Document]:
        """The corpus, unique by id; empty when the set brings none."""

    def questions(self, split: str) -> Sequence[Question]:
        """Return one split.

        Raises:
            ConfigError: If there is no such split.
        """


def default_split(question_set: QuestionSet, *preferred: str) -> str:
    """Return the split to play where the user names none: a preferred one, or the only one.

    Raises:
        ConfigError: If there are several and none is preferred.
    """
    splits = tuple(question_set.splits)
    chosen = [split for split in preferred if split in splits]
    if chosen or len(splits) == 1:
        return [*chosen, *splits][0]
    raise ConfigError(
        f"{question_set.name} has several splits: {', '.join(splits)}. Say which by split."
    )


def check_questions(questions: Sequence[Question], name: str) -> None:
    """Refuse questions whose id, text or answers are no text: they could not be scored.

    Raises:
        DataError: If there is one; the message names it and the field.
    """
    for position, question in enumerate(questions):
        if not isinstance(question, Question):
            raise DataError(f"{name}: question {position} is {question!r:.60}, not a Question.")
        for field in ("id", "text"):
            value = getattr(question, field)
            if not isinstance(value, str):
                raise DataError(
                    f"{name}: question {position} has the {field} {value!r:.60}; it must be text."
                )
        answers = question.answers
        fine = isinstance(answers, list | tuple) and all(isinstance(a, str) for a in answers)
        if not fine or not answers:
            raise DataError(
                f"{name}: question {question.id!r} has the answers {answers!r:.60}; they must be "
                "a tuple of one or more texts, such as ('Leeds',)."
            )


def check_split(given: str, splits: Mapping[str, object] | Sequence[str], name: str) -> None:
    """Refuse a split that a set does not have."""
    if given not in splits:
        raise ConfigError(f"{name} has no split {given!r}; it has: {', '.join(splits)}.")
