"""What a question set is: questions by split, and the documents to search for their answers.

It knows where questions come from and nothing of how they are played.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from ...core import Document, Question
from ...errors import ConfigError


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


def check_split(given: str, splits: Mapping[str, object] | Sequence[str], name: str) -> None:
    """Refuse a split that a set does not have."""
    if given not in splits:
        raise ConfigError(f"{name} has no split {given!r}; it has: {', '.join(splits)}.")
