"""Phase 1: the retriever learns to tell gold facts from others (D-RAG, EMNLP 2025).

L = rho * L_BCE + (1 - rho) * L_Rank
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from ...envs.subgraph.case import Case
from .losses import retrieval_loss
from .phase import Phase


class Pretraining(Phase):
    """Trains the retriever alone."""

    metric: ClassVar[str] = "fact_f1"

    def groups(self) -> list[dict[str, Any]]:
        """Return the retriever's weights."""
        return [{"params": list(self.parts.retriever.parameters()), "lr": self.settings.lr}]

    def train_mode(self) -> None:
        """Train the retriever."""
        self.parts.retriever.train()

    def losses(self, cases: Sequence[Case], noise: torch.Generator) -> dict[str, Tensor]:
        """Return the retrieval loss."""
        settings, batch = self.settings, self.parts.batch(cases)
        scored = self.parts.forward(batch, noise)
        loss = retrieval_loss(
            scored.logits,
            batch.labels,
            batch.owners,
            rho=settings.rho,
            margin=settings.margin,
            pos_weight=settings.pos_weight,
            generator=noise,
        )
        return {"loss": loss}
