"""The questions to export: of a set, or those that results hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ...core import Question
from ...envs.datasets import make_questions
from ...envs.datasets.base import check_questions, check_split
from ...envs.grammars import Grammar, SelectGrammar, make_grammar
from ...errors import ConfigError, DataError
from .examples import records_in


class Asked(NamedTuple):
    """Some questions, where they are from, and which part of it they are."""

    questions: Sequence[Question]
    name: str
    split: str


def questions_of(spec: str, split: str) -> Asked:
    """Return a split of a question set.

    Raises:
        ConfigError: If there is no such split.
        DataError: If a question is none.
    """
    question_set = make_questions(spec)
    check_split(split, question_set.splits, question_set.name)
    questions = question_set.questions(split)
    check_questions(questions, f"{question_set.name} {split}")
    return Asked(questions, _plain(question_set.name), split)


def questions_played(source: Path) -> Asked:
    """Return the questions that results hold, each once, in their order.

    Raises:
        DataError: If they are of several sets or splits.
    """
    records = records_in(source)
    sets = dict.fromkeys((r.questions, r.split, r.dataset_fingerprint) for r in records)
    if len(sets) != 1:
        named = ", ".join(f"{name} {split}" for name, split, _ in sets) or "none"
        raise DataError(
            f"{source} holds results on several question sets ({named}). Name one file."
        )
    ((name, split, _),) = sets
    held = {r.question_id: Question(r.question_id, r.question, r.answers, r.type) for r in records}
    return Asked(list(held.values()), _plain(name), split)


def asked_in(grammar: str) -> Grammar:
    """Return a grammar in which a question can be asked by itself.

    Raises:
        ConfigError: If it shows more than the question.
    """
    made = make_grammar(grammar)
    if isinstance(made, SelectGrammar):
        raise ConfigError(
            f"The grammar {grammar!r} shows facts beside the question; a row of questions has none. "
            "Take search_r1, r3, rag or dag."
        )
    return made


def _plain(name: str) -> str:
    """Return a set's name without its dials."""
    return name.partition("?")[0]
