"""The optimizer: AdamW over the model and the value head, each at its own rate."""

from __future__ import annotations

import math
from typing import Any

from ...errors import require
from .actor import Actor
from .objective import Tensor
from .settings import LearnSettings
from .team import Team


class Optimizer:
    """Takes gradients and steps.

    Args:
        actor: Whose weights.
        settings: The learning rates and the clip.
        updates: How many there will be.
        team: Whose gradients are added before each step.
    """

    def __init__(
        self, actor: Actor, settings: LearnSettings, updates: int, team: Team | None = None
    ) -> None:
        torch = require("torch", "llm")
        self._actor = actor
        self._settings = settings
        self._updates = updates
        self._team = team or Team()
        self._model = actor.parameters()
        self._head = actor.head_parameters()
        groups = [{"params": self._model, "lr": settings.lr}]
        if self._head:
            groups.append({"params": self._head, "lr": settings.value_lr})
        self._adam = torch.optim.AdamW(
            groups, betas=(0.9, 0.95), weight_decay=settings.weight_decay
        )
        # 16-bit floats of a small exponent: gradients are scaled up, lest they vanish.
        self._scaler = torch.amp.GradScaler(
            actor.device.type, enabled=settings.precision == "float16"
        )

    def rate(self, update: int) -> float:
        """Return the model's learning rate in an update: up over `warmup`, then as told."""
        return self._settings.lr * self._share(update)

    def backward(self, loss: Tensor) -> None:
        """Add the gradients of a part of a minibatch."""
        self._scaler.scale(loss).backward()

    def step(self, update: int) -> float:
        """Take a step; return how long the model's gradient was.

        A gradient that is no number changes no weight.
        """
        torch = require("torch", "llm")
        self._team.add_gradients([*self._model, *self._head])
        self._scaler.unscale_(self._adam)
        clip = self._settings.max_grad_norm or math.inf
        norm = float(torch.nn.utils.clip_grad_norm_(self._model, clip))
        if self._head:
            torch.nn.utils.clip_grad_norm_(self._head, clip)
        rates = [self.rate(update), self._settings.value_lr]
        if update < self._settings.value_warmup:
            rates[0] = 0.0
        for group, rate in zip(self._adam.param_groups, rates, strict=False):
            group["lr"] = rate
        if math.isfinite(norm):
            self._scaler.step(self._adam)
        self._scaler.update()
        self._adam.zero_grad(set_to_none=True)
        return norm

    def state(self) -> dict[str, Any]:
        """Return all that a resumed run needs."""
        return {"adam": self._adam.state_dict(), "scaler": self._scaler.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        self._adam.load_state_dict(state["adam"])
        self._scaler.load_state_dict(state["scaler"])

    def _share(self, update: int) -> float:
        settings = self._settings
        if update < settings.warmup:
            return (update + 1) / settings.warmup
        done = (update - settings.warmup) / max(1, self._updates - settings.warmup)
        if settings.lr_scheduler == "linear":
            return 1.0 - done
        if settings.lr_scheduler == "cosine":
            return 0.5 * (1.0 + math.cos(math.pi * done))
        return 1.0
