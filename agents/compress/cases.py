"""Questions with the documents that are read for them, as an environment would show them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ...core import Document, Question
from ...errors import ConfigError
from ...retrieval.base import Retriever
from ...seeding import rng_for
from .chunking import shown

_AT_ONCE = 256


class Case(NamedTuple):
    """A question that is read for."""

    question: Question
    documents: tuple[tuple[str, str], ...]
    """`(title, text)` of each, in the order shown."""

    @property
    def answer(self) -> str:
        """The answer that is learnt: the first that says anything."""
        return next(answer for answer in self.question.answers if answer.strip())


class Cases(Sequence[Case]):
    """Questions with what a retriever finds for them.

    Args:
        questions: Those that have an answer are kept.
        retriever: What finds documents.
        top_k: How many.
        gold: All documents by id, where those of the gold are to be among what is read: in training
            the last hits make room for them, and the order is drawn. None leaves the hits alone.
        max_document_chars: How much of a text is shown.
        seed: Of the order.

    Raises:
        ConfigError: If no question has an answer.
    """

    def __init__(
        self,
        questions: Sequence[Question],
        retriever: Retriever,
        top_k: int,
        *,
        gold: dict[str, Document] | None = None,
        max_document_chars: int = 512,
        seed: int = 0,
    ) -> None:
        self._questions = [q for q in questions if any(map(str.strip, q.answers))]
        if not self._questions:
            raise ConfigError("No question has an answer that could be learnt. Give another split.")
        self._retriever, self._top_k = retriever, top_k
        self._gold, self._chars, self._seed = gold, max_document_chars, seed
        self._hits: dict[int, list[Document]] = {}

    def __len__(self) -> int:
        return len(self._questions)

    def __getitem__(self, place: int) -> Case:  # type: ignore[override]
        question = self._questions[place]
        if place not in self._hits:
            self._search(place)
        documents = self._with_gold(place, self._hits[place])
        return Case(question, tuple(shown(d.title, d.text, self._chars) for d in documents))

    def _search(self, place: int) -> None:
        """Ask for a run of questions at once: the next ones will be wanted too."""
        start = place - place % _AT_ONCE
        some = self._questions[start : start + _AT_ONCE]
        rows = self._retriever.search([q.text for q in some], self._top_k).rows
        for n, row in enumerate(rows):
            self._hits[start + n] = [document for document, _ in row]

    def _with_gold(self, place: int, hits: list[Document]) -> list[Document]:
        if self._gold is None:
            return hits
        ids = self._questions[place].document_ids
        wanted = [self._gold[id] for id in ids if id in self._gold][: self._top_k]
        others = [document for document in hits if document not in wanted]
        taken = [*wanted, *others[: max(0, self._top_k - len(wanted))]]
        order = rng_for(self._seed, "compress", "order", place).permutation(len(taken))
        return [taken[n] for n in order]
