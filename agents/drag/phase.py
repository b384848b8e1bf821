"""What the two phases of training have in common: an optimiser step on a batch of questions."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from ...envs.subgraph.case import Case
from ...errors import AgentError
from ..training.checkpoint import load_state, readable, save_state
from .parts import Parts
from .settings import DragSettings

OPTIMIZER = "optimizer.pt"

_REMEDY = "Give a lower lr or generator_lr, or dtype=float32."


class Phase(ABC):
    """Trains some parts; a subclass says by which loss.

    Args:
        parts: All of it.
        settings: How.
        total: Optimiser steps of the whole run; the learning rates fall to 0 over them, as half a
            cosine.
    """

    metric: ClassVar[str]
    """What the best epoch is chosen by."""

    def __init__(self, parts: Parts, settings: DragSettings, total: int) -> None:
        self.parts, self.settings = parts, settings
        self.memory: dict[str, float] = {}  # what else changes from step to step, by name
        self.optimizer = torch.optim.AdamW(
            self.groups(), weight_decay=settings.weight_decay, fused=True
        )
        self.scheduler = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer, lambda step: 0.5 * (1 + math.cos(math.pi * min(step / total, 1.0)))
        )

    @abstractmethod
    def groups(self) -> list[dict[str, Any]]:
        """Return the optimiser's groups of parameters."""

    @abstractmethod
    def losses(self, cases: Sequence[Case], noise: torch.Generator) -> dict[str, Tensor]:
        """Return what a batch loses: `loss`, whose gradient is taken, and others to be told."""

    @abstractmethod
    def train_mode(self) -> None:
        """Put the parts that are trained into training mode."""

    def step(self, cases: Sequence[Case], noise: torch.Generator) -> dict[str, float]:
        """Make one step.

        Args:
            cases: The questions.
            noise: Draws all that is drawn.

        Raises:
            AgentError: If the loss or a gradient is no finite number; no weight was changed by it.
        """
        self.train_mode()
        losses = self.losses(cases, noise)
        loss = losses["loss"]
        if not bool(torch.isfinite(loss)):
            raise AgentError(f"The loss is no finite number. {_REMEDY}")
        self.optimizer.zero_grad(set_to_none=True)
        if loss.requires_grad:
            loss.backward()  # type: ignore[no-untyped-call]
            self._clip()
            self.optimizer.step()
        self.scheduler.step()
        return {name: float(value.detach()) for name, value in losses.items()}

    def save(self, folder: Path) -> None:
        """Write all that a stopped run needs to go on."""
        self.parts.save(folder, {})
        state = {
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self._scheduled(),
            "memory": self.memory,
        }
        save_state(state, folder / OPTIMIZER)

    def restore(self, folder: Path) -> None:
        """Take up the optimiser of a checkpoint; the parts were loaded from it already."""
        file = folder / OPTIMIZER
        state = load_state(file, self.parts.device)
        with readable(file):
            self.optimizer.load_state_dict(state["optimizer"])
            self.scheduler.load_state_dict(state["scheduler"])
            self.memory = state["memory"]

    def _scheduled(self) -> Mapping[str, Any]:
        state = self.scheduler.state_dict()
        return {name: value for name, value in state.items() if name != "lr_lambdas"} | {
            "lr_lambdas": [None] * len(self.optimizer.param_groups)
        }

    def _clip(self) -> None:
        """Make long gradients shorter, and refuse those that are no numbers."""
        weights = [w for group in self.optimizer.param_groups for w in group["params"]]
        most = self.settings.max_grad_norm or math.inf
        if not bool(torch.isfinite(torch.nn.utils.clip_grad_norm_(weights, most))):
            raise AgentError(f"A gradient is no finite number. {_REMEDY}")


def batches(order: Sequence[int], size: int) -> Iterator[list[int]]:
    """Yield places, so many at a time.

    >>> list(batches([2, 0, 1], 2))
    [[2, 0], [1]]
    """
    for start in range(0, len(order), size):
        yield list(order[start : start + size])
