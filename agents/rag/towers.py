"""The retriever's two towers: one for questions, one for passages, compared by inner product.

`p(z|x)` is proportional to `exp(d(z) . q(x))` (Lewis et al. 2020, arXiv 2005.11401, section 2.2);
the encoders are those of DPR (Karpukhin et al. 2020, arXiv 2004.04906), or of sentence-transformers,
whose vectors have length 1, so that their products are divided by a temperature. The towers know no
index and no generator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from ...core import Document
from ...envs.settings import at_least
from ...errors import AgentError, ConfigError
from ...retrieval.encoders.base import Vectors
from .sides import Side, Text

_MOST_KEPT = 200_000
"""Vectors of passages that a frozen tower keeps, so that each is encoded once."""


class Towers(nn.Module):
    """A question tower and a context tower.

    Args:
        question: Encodes questions.
        context: Encodes passages.
        kind: "dpr" or "sentence_transformer".
        temperature: What inner products are divided by to be logits; above 0.
        train_context: Whether passages' vectors carry gradient. Without, the context tower is
            frozen (as in Lewis et al., section 2.4), and each passage is encoded once.

    Raises:
        ConfigError: If the two do not fit, or the temperature is not above 0.
    """

    def __init__(
        self,
        question: nn.Module,
        context: nn.Module,
        *,
        kind: str = "dpr",
        temperature: float = 1.0,
        train_context: bool = True,
    ) -> None:
        super().__init__()
        self.question, self.context = question, context
        self.kind, self.temperature = kind, float(temperature)
        sizes = self.dim, int(cast(Side, context).dim)
        if sizes[0] != sizes[1]:
            raise ConfigError(
                f"The question tower has {sizes[0]} dimensions and the context tower {sizes[1]}; "
                "give a pair that belongs together."
            )
        if not self.temperature > 0:
            raise ConfigError(f"temperature is {temperature!r}; it must be above 0.")
        self._kept: dict[tuple[str, str], Tensor] = {}
        self._kept_of = (0, 0)
        self._most_kept = _MOST_KEPT
        self.train_context = train_context

    @property
    def dim(self) -> int:
        """How long the vectors are."""
        return int(cast(Side, self.question).dim)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device

    @property
    def train_context(self) -> bool:
        """Whether passages' vectors carry gradient."""
        return self._train_context

    @train_context.setter
    def train_context(self, trained: bool) -> None:
        self._train_context = trained
        self.context.requires_grad_(trained)
        self.train(self.training)
        self._kept.clear()

    def train(self, mode: bool = True) -> Towers:
        """Set the mode; a frozen tower stays without dropout."""
        super().train(mode)
        if not self._train_context:
            self.context.eval()
        return self

    def questions(self, texts: Sequence[str]) -> Tensor:
        """Return the questions' vectors, `[B, dim]`, with gradient."""
        if not texts:
            return torch.zeros(0, self.dim, device=self.device)
        vectors: Tensor = self.question(list(texts))
        return vectors

    def passages(self, documents: Sequence[Document]) -> Tensor:
        """Return the passages' vectors, `[N, dim]`, with gradient unless the tower is frozen."""
        if not documents:
            return torch.zeros(0, self.dim, device=self.device)
        if not self.train_context:
            return self._frozen(documents)
        vectors: Tensor = self.context([segments(document) for document in documents])
        return vectors

    def scores(self, questions: Tensor, passages: Tensor) -> Tensor:
        """Return logits of documents.

        Args:
            questions: `[B, dim]`
            passages: `[B, K, dim]`, each question's own, or `[N, dim]`, those of all.

        Returns:
            `[B, K]` or `[B, N]`.
        """
        own = "bd,bkd->bk" if passages.ndim == 3 else "bd,nd->bn"
        # products of DPR are near 80, where bfloat16 knows steps of a half
        with torch.autocast(questions.device.type, enabled=False):
            return torch.einsum(own, questions.float(), passages.float()) / self.temperature

    def encode_questions(self, texts: Sequence[str], batch_size: int = 64) -> Vectors:
        """Return the questions' vectors as an array `[B, dim]`, without gradient or dropout."""
        return self._encode(self.question, list(texts), batch_size)

    def encode_passages(self, documents: Sequence[Document], batch_size: int = 64) -> Vectors:
        """Return the passages' vectors as an array `[N, dim]`, without gradient or dropout.

        Raises:
            AgentError: If a vector is not finite.
        """
        return self._encode(self.context, [segments(each) for each in documents], batch_size)

    def _encode(self, side: nn.Module, texts: Sequence[Text], batch_size: int) -> Vectors:
        """Encode texts of like length together, so that little is padded."""
        at_least("batch_size", batch_size, 1)
        vectors = np.zeros((len(texts), self.dim), np.float32)
        order = sorted(range(len(texts)), key=lambda row: len("".join(texts[row])))
        training = side.training
        side.eval()
        try:
            with torch.no_grad():
                for start in range(0, len(texts), batch_size):
                    rows = order[start : start + batch_size]
                    vectors[rows] = side([texts[row] for row in rows]).cpu().numpy()
        finally:
            side.train(training)
        if not np.isfinite(vectors).all():
            raise AgentError(
                "The towers gave numbers that are not finite: training went astray, or the "
                "precision is too low. Lower the learning rate, or load an earlier checkpoint."
            )
        return vectors

    def know(self, documents: Sequence[Document], vectors: Vectors) -> None:
        """Take over the vectors of passages that a frozen tower has encoded before.

        Args:
            documents: `N` of them.
            vectors: `[N, dim]`, of the tower as it is now.
        """
        self._kept_of = self._context_version()
        self._most_kept = max(_MOST_KEPT, 2 * len(documents))
        rows = torch.from_numpy(vectors)
        self._kept = {(d.title, d.text): row for d, row in zip(documents, rows, strict=True)}

    def _frozen(self, documents: Sequence[Document]) -> Tensor:
        version = self._context_version()
        if version != self._kept_of or len(self._kept) > self._most_kept:
            self._kept.clear()
            self._kept_of = version
        keys = [(document.title, document.text) for document in documents]
        new = {
            key: each for key, each in zip(keys, documents, strict=True) if key not in self._kept
        }
        rows = torch.from_numpy(self.encode_passages(list(new.values())))
        self._kept.update(zip(new, rows, strict=True))
        return torch.stack([self._kept[key] for key in keys]).to(self.device)

    def _context_version(self) -> tuple[int, int]:
        """Return what changes when a weight of the context tower does, in place."""
        versions = [weights._version for weights in self.context.parameters()]
        return len(versions), sum(versions)

    def _apply(self, fn: Callable[..., Any], recurse: bool = True) -> Towers:
        self._kept.clear()  # weights that are moved or of another precision give other vectors
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        return self


def segments(document: Document) -> Text:
    """Return a passage as the context tower reads it: title and text, two segments if both are.

    >>> segments(Document("a", "Ada", "A mathematician.")), segments(Document("b", "", "Text."))
    (('Ada', 'A mathematician.'), 'Text.')
    """
    return (document.title, document.text) if document.title else document.text
