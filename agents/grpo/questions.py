"""Questions as rows of a dataset for TRL: what a trainer draws from, in its own order.

A row's `prompt` names the question and is shown to people alone: what a model reads is the
environment's observation, and the gold is in no row.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...core import Question
from ...envs.datasets.base import QuestionSet
from ...errors import ConfigError, DataError, require


def label(question: Question) -> str:
    """Return what stands for a question in the column `prompt`.

    >>> label(Question("q7", "Who made Vel?", ("Ada Orm",)))
    'q7: Who made Vel?'
    """
    return f"{question.id}: {question.text}"


def question_rows(questions: Iterable[Question]) -> list[dict[str, str]]:
    """Return a row for each question: `prompt` and `question_id`."""
    return [{"prompt": label(question), "question_id": question.id} for question in questions]


def question_dataset(rows: list[dict[str, Any]]) -> Any:
    """Return rows as a `datasets.Dataset`."""
    return require("datasets", "llm").Dataset.from_list(rows)


class QuestionIndex:
    """Finds the question that a prompt stands for.

    Args:
        question_set: The questions.
        split: Their split.

    Raises:
        ConfigError: If the split has none.
    """

    def __init__(self, question_set: QuestionSet, split: str) -> None:
        self.questions = question_set.questions(split)
        if not len(self.questions):
            raise ConfigError(
                f"{question_set.name} has no questions in its split {split!r}. Give another split "
                f"({', '.join(question_set.splits)}), or other questions."
            )
        self.ids = [question.id for question in self.questions]
        self._named = f"{question_set.name} {split}"
        self._by_label = {label(question): question.id for question in self.questions}
        self._by_id = {question.id: question for question in self.questions}

    def question(self, id: str) -> Question:
        """Return the question of an id."""
        return self._by_id[id]

    def id_of(self, prompt: Any) -> str:
        """Return the id of a prompt's question.

        Raises:
            DataError: If the prompt is no question's.
        """
        found = self._by_label.get(prompt) if isinstance(prompt, str) else None
        if found is None:
            raise DataError(
                f"No question of {self._named} has the prompt {str(prompt)!r:.100}. Train on the "
                "dataset that the bridge itself makes: train_dataset=bridge.dataset()."
            )
        return found
