"""A question set in memory: what every loader makes, and what a user's own set can be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from ...core import Document, Question
from ...errors import DataError
from ...files import fingerprint
from ...retrieval.corpus import Corpus
from .base import check_questions, check_split


class LoadedQuestions:
    """Questions by split, with their corpus. Immutable.

    Args:
        name: What to call it in tables.
        splits: The questions of each split, unique by id.
        documents: The corpus; empty if the set brings none.
        skipped: Why records were left out, one line each.

    Raises:
        DataError: If two questions of a split share an id, or an id, text or answer is no text.

    >>> one = LoadedQuestions("one", {"train": [Question("q", "Who?", ("Ada",))]})
    >>> one, one.questions("train")[0].text
    (LoadedQuestions('one', train=1, 0 documents), 'Who?')
    """

    def __init__(
        self,
        name: str,
        splits: Mapping[str, Iterable[Question]],
        documents: Iterable[Document] = (),
        skipped: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.documents = Corpus.of(documents)
        self.skipped = tuple(skipped)
        self._splits = {split: tuple(questions) for split, questions in splits.items()}
        for split, questions in self._splits.items():
            check_questions(questions, f"{name} {split}")
            _check_unique(name, split, questions)

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits it has."""
        return tuple(self._splits)

    @cached_property
    def fingerprint(self) -> str:
        """Names the exact questions and documents."""
        return fingerprint([self.documents.fingerprint, self._splits])

    def questions(self, split: str) -> Sequence[Question]:
        """Return one split."""
        check_split(split, self._splits, self.name)
        return self._splits[split]

    def __repr__(self) -> str:
        sizes = ", ".join(f"{split}={len(qs)}" for split, qs in self._splits.items())
        skipped = f", {len(self.skipped)} skipped" if self.skipped else ""
        return f"LoadedQuestions({self.name!r}, {sizes}, {len(self.documents)} documents{skipped})"


def _check_unique(name: str, split: str, questions: Sequence[Question]) -> None:
    seen: dict[str, int] = {}
    for position, question in enumerate(questions):
        first = seen.setdefault(question.id, position)
        if first != position:
            raise DataError(
                f"{name} {split}: questions {first} and {position} both have the id "
                f"{question.id!r}. Give each its own."
            )
