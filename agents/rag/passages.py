"""The passages of a batch, each once: what towers encode, and where each question's are in it.

The passages that the retrieval loss compares come first, then those that are only read. Two of the
same title and text are one, whatever their ids, so that no passage is a negative of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ...core import Document
from .generator import NOTHING

Rows = Sequence[Sequence[Document]]


class Pool:
    """Passages, each once.

    Args:
        retrieved: Those that each question reads; one that has none reads an empty one.
        positives: Each question's gold ones.
        hard_negatives: Those that look like gold.
    """

    def __init__(
        self, retrieved: Rows = (), positives: Rows = (), hard_negatives: Rows = ()
    ) -> None:
        self._read = [list(row) or [NOTHING] for row in retrieved]
        self._gold = [list(row) for row in positives]
        self._known: dict[tuple[str, str], int] = {}
        self.documents: list[Document] = []
        """The passages."""
        for row in (*self._gold, *hard_negatives):
            self._add(row)
        self.compared = len(self.documents)
        """How many of them, from the first, the retrieval loss compares."""
        for row in self._read:
            self._add(row)

    def __len__(self) -> int:
        return len(self.documents)

    def read(self, device: torch.device) -> tuple[Tensor, Tensor]:
        """Return where the passages are that questions read, and which of them there are.

        Returns:
            `[B, K]`, and `[B, K]`, false where a question has fewer than others.
        """
        widest = max(map(len, self._read))
        rows = [[self._place(each) for each in row] for row in self._read]
        places = [row + [0] * (widest - len(row)) for row in rows]
        present = [[n < len(row) for n in range(widest)] for row in rows]
        return torch.tensor(places, device=device), torch.tensor(present, device=device)

    def gold(self, device: torch.device) -> Tensor:
        """Return which of the compared passages are each question's own, `[B, compared]`."""
        own = torch.zeros(len(self._gold), self.compared, dtype=torch.bool)
        for question, row in enumerate(self._gold):
            own[question, [self._place(each) for each in row]] = True
        return own.to(device)

    def _add(self, row: Sequence[Document]) -> None:
        for document in row:
            key = (document.title, document.text)
            if key not in self._known:
                self._known[key] = len(self.documents)
                self.documents.append(document)

    def _place(self, document: Document) -> int:
        return self._known[(document.title, document.text)]
