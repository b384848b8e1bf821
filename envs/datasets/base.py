"""What a question set is: questions by split, and the documents to search for their answers.

It knows where questions come from and nothing of how they are played.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any, Protocol, runtime_checkable

from ...core import Document, Fact, Question
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
    """Refuse questions whose id, text or answers are no text, or whose graph is none.

    They could not be scored. A graph's gold facts are places among its facts.

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
        _check_graph(question, f"{name}: question {question.id!r}")


def _check_graph(question: Question, where: str) -> None:
    facts, gold = question.facts, question.gold_facts
    if not isinstance(facts, tuple) or (wrong := _no_fact(facts)) is not None:
        which = f" (fact {wrong} is {facts[wrong]!r:.100})" if isinstance(facts, tuple) else ""
        raise DataError(
            f"{where} has the facts {facts!r:.60}{which}; they must be a tuple of "
            "Fact(head, relation, tail), which are texts."
        )
    for field in ("topic_entities", "answer_entities"):
        names = getattr(question, field)
        if not isinstance(names, tuple) or not all(isinstance(name, str) for name in names):
            raise DataError(
                f"{where} has the {field} {names!r:.60}; they must be a tuple of texts, such as "
                "('Leeds',)."
            )
    if not isinstance(gold, tuple) or not all(is_place(n, len(facts)) for n in gold):
        count = f"{len(facts)} facts, from 0 to {len(facts) - 1}" if facts else "facts"
        raise DataError(
            f"{where} has the gold_facts {gold!r:.60}; they must be a tuple of places among its "
            f"{count}{'' if facts else ', and it has none'}."
        )


def is_place(value: Any, count: int) -> bool:
    """Tell whether a value is a place in a list of that many, from 0.

    >>> is_place(1, 2), is_place(2, 2), is_place(-1, 2), is_place(True, 2)
    (True, False, False, False)
    """
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < count


_parts = attrgetter("head", "relation", "tail")


def _no_fact(facts: Sequence[Any]) -> int | None:
    """Return the place of the first that is no fact of three texts, if there is one."""
    # Sets have thousands of facts a question: the types of all are told at once where all is well.
    kinds = {*map(type, facts)}
    if kinds <= {Fact} and {*map(type, chain.from_iterable(map(_parts, facts)))} <= {str}:
        return None
    for place, fact in enumerate(facts):
        if not isinstance(fact, Fact) or not all(isinstance(part, str) for part in _parts(fact)):
            return place
    return None


def check_split(given: str, splits: Mapping[str, object] | Sequence[str], name: str) -> None:
    """Refuse a split that a set does not have."""
    if given not in splits:
        raise ConfigError(f"{name} has no split {given!r}; it has: {', '.join(splits)}.")
