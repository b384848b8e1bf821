"""The four stages of training, each an optimiser step on a batch: what is learnt, and by which loss.

`reconstruction` and `paragraph` are the curriculum's, `answer` reads questions, and `policy` learns
which chunks to expand: a group of draws of each question at a fixed budget, each rewarded by minus the
negative log-likelihood of the gold answer, and compared with the mean of the others of its group:

    gradient = sum over the group of  (r_i - mean of r_j, j != i) * grad log P(draw i)

which is unbiased, since the log-probability is that of the draw (see `plackett_luce`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from ...errors import AgentError
from .cases import Case
from .curriculum import Passages, chunks_at, next_paragraph, reconstruction
from .model import Compressor
from .plackett_luce import draw, log_prob
from .rows import Row, budget
from .settings import CompressSettings

STAGES = ("reconstruction", "paragraph", "answer", "policy")


class Material(NamedTuple):
    """What is trained on."""

    passages: Passages | None
    cases: Sequence[Case]


class Stage:
    """One stage: its weights, its optimiser, its loss.

    Args:
        name: One of `STAGES`.
        compressor: What is trained.
        settings: How.
        material: On what.
        steps: Optimiser steps of the stage.
    """

    def __init__(
        self,
        name: str,
        compressor: Compressor,
        settings: CompressSettings,
        material: Material,
        steps: int,
    ) -> None:
        self.name, self.compressor, self.settings = name, compressor, settings
        self.material, self.steps = material, steps
        groups = self._groups()
        compressor.requires_grad_(False)
        for group in groups:
            for weights in group["params"]:
                weights.requires_grad_(True)
        self.optimizer = torch.optim.AdamW(groups, weight_decay=settings.weight_decay)
        self.scheduler = torch.optim.lr_scheduler.LambdaLR(self.optimizer, self._rate)
        self._losses: dict[str, Callable[[int, np.random.Generator], dict[str, Tensor]]] = {
            "reconstruction": self._passages,
            "paragraph": self._passages,
            "answer": self._answers,
            "policy": self._policy,
        }

    def step(self, number: int, rng: np.random.Generator) -> dict[str, float]:
        """Make a step.

        Args:
            number: Which of the stage, from 0.
            rng: Draws all that is drawn.

        Raises:
            AgentError: If the loss or a gradient is no finite number; no weight was changed by it.
        """
        # The policy learns from the vectors and the decoder that are played: without their dropout.
        self.compressor.train(self.name != "policy")
        figures = self._losses[self.name](number, rng)
        if not bool(torch.isfinite(figures["loss"])):
            raise AgentError("The loss is no finite number. Give a lower lr, or dtype=float32.")
        self.optimizer.zero_grad(set_to_none=True)
        if figures["loss"].requires_grad:
            figures["loss"].backward()  # type: ignore[no-untyped-call]
            self._clip()
            self.optimizer.step()
        self.scheduler.step()
        return {name: float(value.detach()) for name, value in figures.items()}

    def state(self) -> dict[str, Any]:
        """Return what a stopped run needs to go on, beside the weights."""
        scheduled = self.scheduler.state_dict() | {"lr_lambdas": [None] * len(self._groups())}
        return {"optimizer": self.optimizer.state_dict(), "scheduler": scheduled}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what `state` returned."""
        self.optimizer.load_state_dict(state["optimizer"])
        self.scheduler.load_state_dict(state["scheduler"])

    def _groups(self) -> list[dict[str, Any]]:
        """Return the optimiser's groups of weights; in reconstruction the decoder is usually frozen."""
        own, settings = self.compressor, self.settings
        if self.name == "policy":
            return [{"params": list(own.policy.parameters()), "lr": settings.policy_lr}]
        reading = [*own.encoder.parameters(), *own.projector.parameters()]
        groups = [{"params": reading, "lr": settings.lr}]
        frozen = settings.freeze_decoder and not settings.block_pattern
        if settings.train_decoder and not (frozen and self.name == "reconstruction"):
            groups.append({"params": list(own.decoder.parameters()), "lr": settings.decoder_lr})
        return groups

    def _rate(self, step: int) -> float:
        """Warm up, and fall as half a cosine."""
        warm = self.settings.warmup * self.steps
        rising = min(1.0, (step + 1) / warm) if warm else 1.0
        return rising * 0.5 * (1 + math.cos(math.pi * min(step / max(self.steps, 1), 1.0)))

    def _clip(self) -> None:
        weights = [w for group in self.optimizer.param_groups for w in group["params"]]
        most = self.settings.max_grad_norm or math.inf
        if not bool(torch.isfinite(torch.nn.utils.clip_grad_norm_(weights, most))):
            raise AgentError("A gradient is no finite number. Give a lower lr, or dtype=float32.")

    def _passages(self, number: int, rng: np.random.Generator) -> dict[str, Tensor]:
        settings, writer = self.settings, self.compressor.rows
        assert self.material.passages is not None
        count = chunks_at(number / max(self.steps - 1, 1), settings.max_chunks, rng)
        if self.name == "reconstruction":
            made = (self.material.passages, writer, count, settings.batch_size, rng)
            rows = reconstruction(*made)
        else:
            rows = next_paragraph(
                self.material.passages, writer, count, settings.ahead, settings.batch_size, rng
            )
        vectors, _ = self.compressor.row_vectors(rows)
        loss = self.compressor.nll(rows, [[] for _ in rows], vectors).mean()
        return {"loss": loss, "chunks": torch.tensor(float(count))}

    def _answers(self, number: int, rng: np.random.Generator) -> dict[str, Tensor]:
        """Read each question compressed, at the budget, or plainly; which chunks is drawn evenly."""
        rows = self._rows(rng, share=1.0)
        shares = rng.choice([0.0, self.settings.expand, 1.0], size=len(rows))
        chosen = [
            sorted(
                rng.permutation(len(row.chunks))[: budget(len(row.chunks), float(share))].tolist()
            )
            for row, share in zip(rows, shares, strict=True)
        ]
        vectors, _ = self.compressor.row_vectors(rows)
        return {"loss": self.compressor.nll(rows, chosen, vectors).mean()}

    def _policy(self, number: int, rng: np.random.Generator) -> dict[str, Tensor]:
        settings, own = self.settings, self.compressor
        rows = self._rows(rng, share=settings.expand)
        noise = torch.Generator(own.device).manual_seed(int(rng.integers(2**31)))
        with torch.no_grad():
            vectors, queries = own.row_vectors(rows)
        logits = own.logits(rows, vectors, queries)
        counts = [budget(len(row.chunks), settings.expand) for row in rows]
        draws = draw(logits, counts, noise, samples=settings.group)
        rewards = self._rewards(rows, draws, vectors)
        advantages = against_the_others(rewards)
        told = torch.stack(
            [log_prob(logits, [each[s] for each in draws]) for s in range(settings.group)], dim=1
        )
        loss = -(advantages * told).mean()
        return {"loss": loss, "reward": rewards.mean(), "spread": rewards.std(dim=1).mean()}

    def _rewards(
        self, rows: Sequence[Row], draws: Sequence[Sequence[list[int]]], vectors: Sequence[Tensor]
    ) -> Tensor:
        """Return `[rows, group]`: minus the mean negative log-likelihood of the gold's tokens."""
        with torch.no_grad():
            told = [
                -self.compressor.nll(rows, [sorted(each[s]) for each in draws], vectors)
                for s in range(self.settings.group)
            ]
        return torch.stack(told, dim=1)

    def _rows(self, rng: np.random.Generator, share: float) -> list[Row]:
        cases = self.material.cases
        places = rng.choice(
            len(cases), size=min(self.settings.batch_size, len(cases)), replace=False
        )
        some = [cases[int(place)] for place in places]
        return [
            self.compressor.rows.question(
                case.question.text, case.documents, case.answer, share=share
            )
            for case in some
        ]


def against_the_others(rewards: Tensor) -> Tensor:
    """Return each reward less the mean of the others in its group.

    Args:
        rewards: `[rows, group]`, a group of two or more.

    >>> against_the_others(torch.tensor([[1.0, 0.0, 2.0]])).tolist()
    [[0.0, -1.5, 1.5]]
    """
    count = rewards.shape[1]
    return (rewards - rewards.mean(dim=1, keepdim=True)) * count / (count - 1)
