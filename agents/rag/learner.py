"""What trains a RAG: retrieving for a batch, its losses, and the optimiser's step.

A step is made of several batches, each process taking its share. Each counts by its questions, and
dropout is drawn by the batch's own number, so that two processes with a batch each make the step
that one process makes of two. In-batch negatives are those of a process's own batch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from ...core import Document
from ...errors import AgentError, require
from ...seeding import rng_for
from ..ppo.team import Team
from ..training.checkpoint import load_state, readable, save_state
from .data import Example
from .model import Batch, RagModel
from .refresh import FreshIndex
from .settings import RagSettings

STATE = "optimizer.pt"

_REMEDY = "Give a lower learning_rate, more warmup_steps, or precision=float32."


class Learner:
    """Trains a model.

    Args:
        model: Its towers and its generator.
        index: What it retrieves from.
        settings: How.
        total: Optimiser steps of the whole run: the rate rises, then falls to 0 over them.
        team: Whose gradients are added.
        precision: The numbers it computes with: never auto.
    """

    def __init__(
        self,
        model: RagModel,
        index: FreshIndex,
        settings: RagSettings,
        total: int,
        team: Team,
        precision: str,
    ) -> None:
        self.model, self.index, self.settings, self.team = model, index, settings, team
        # Clipped apart: the encoders' gradients are at times a hundred times as long, and with one
        # clip for both the generator would stand still.
        self._parts = [
            [w for w in part.parameters() if w.requires_grad]
            for part in (model.towers, model.generator)
        ]
        self.weights = [w for part in self._parts for w in part]
        kind = model.generator.device.type
        halves = {"bfloat16": torch.bfloat16, "float16": torch.float16}
        half = halves.get(precision)
        self.autocast: Any = torch.autocast(kind, half or torch.bfloat16, enabled=half is not None)
        # 16-bit floats of a small exponent: gradients are scaled up, lest they vanish.
        self._scaler = torch.amp.GradScaler(kind, enabled=precision == "float16")
        self._adam = torch.optim.AdamW(_groups(model, settings), weight_decay=settings.weight_decay)
        schedule = require("transformers", "llm").get_linear_schedule_with_warmup
        self._schedule = schedule(self._adam, settings.warmup_steps, total)
        self._kept: dict[str, list[Document]] = {}  # a frozen retriever finds the same again

    @property
    def rate(self) -> float:
        """The generator's learning rate of the next step."""
        return float(self._adam.param_groups[-1]["lr"])

    def step(self, batches: Sequence[Sequence[Example]], step: int) -> dict[str, float]:
        """Make one optimiser step.

        Args:
            batches: Those of all processes.
            step: Its number, from 0: draws the dropout.

        Returns:
            The means over the questions of `loss`, `gen_loss` and `ret_loss`, and of `recall`: the
            share of questions with a right passage among those retrieved, of those that have one.

        Raises:
            AgentError: If a loss or gradient is no finite number; no weight was changed by it.
        """
        renewed = self.index.advance(step)
        if renewed:
            self._kept.clear()
        self._adam.zero_grad(set_to_none=True)
        count = sum(map(len, batches))
        numbered = list(enumerate(batches))

        def mine() -> list[dict[str, float]]:
            shares = self.team.mine(numbered)
            return [self._add(batch, len(batch) / count, (step, n)) for n, batch in shares]

        told = self.team.everyones(mine)
        self._update()
        return _means(told, [len(batch) for batch in batches]) | {"renewed": float(renewed)}

    def retrieve(self, questions: Sequence[str]) -> list[list[Document]]:
        """Return the passages that are read for each question."""
        new = [question for question in questions if question not in self._kept]
        found = self._search(new) if new else []
        if self.settings.freeze_retriever:
            self._kept |= zip(new, found, strict=True)
            return [self._kept[question] for question in questions]
        return found

    def save(self, folder: Path) -> None:
        """Write what a stopped run needs to go on, beside the model itself."""
        state = {
            "optimizer": self._adam.state_dict(),
            "schedule": self._scheduled(),
            "scaler": self._scaler.state_dict(),
            "encoded_at": self.index.encoded_at,
        }
        save_state(state, folder / STATE)
        self.index.save(folder)

    def restore(self, folder: Path) -> None:
        """Take up the optimiser of a checkpoint; model and index were loaded from it already."""
        device = self.model.generator.device
        state = load_state(folder / STATE, device)
        with readable(folder / STATE):
            self._adam.load_state_dict(state["optimizer"])
            self._schedule.load_state_dict(state["schedule"])
            self._scaler.load_state_dict(state["scaler"])
            self.index.encoded_at = state["encoded_at"]

    def _scheduled(self) -> dict[str, Any]:
        """Return the schedule's state without its functions, which are no tensors or numbers."""
        state: dict[str, Any] = self._schedule.state_dict()
        return {**state, "lr_lambdas": [None] * len(self._adam.param_groups)}

    def _search(self, questions: Sequence[str]) -> list[list[Document]]:
        with self.autocast:
            return self.index.retrieve(questions)

    def _add(
        self, examples: Sequence[Example], share: float, number: tuple[int, int]
    ) -> dict[str, float]:
        """Add a batch's gradients to those that there are."""
        torch.manual_seed(int(rng_for(self.settings.seed, "rag", *number).integers(2**31)))
        self._train_mode()
        found = self.retrieve([each.question for each in examples])
        batch = self._batch(examples, found)
        recall = _recall(batch)
        if number[0] < self.settings.gold_steps:
            batch = replace(batch, retrieved=list(map(_alone, found, batch.positives)))
        with self.autocast:
            losses = self.model.loss(batch)
        if not bool(torch.isfinite(losses["loss"])):
            raise AgentError(f"The loss is no finite number. {_REMEDY}")
        self._scaler.scale(losses["loss"] * share).backward()  # type: ignore[no-untyped-call]
        told = {name: float(value.detach()) for name, value in losses.items()}
        return told | {"recall": recall}

    def _batch(self, examples: Sequence[Example], retrieved: Sequence[Sequence[Document]]) -> Batch:
        documents, weighs = self.index.documents, self.settings.retrieval_weight
        return Batch(
            questions=[each.question for each in examples],
            answers=[each.answer for each in examples],
            retrieved=retrieved,
            positives=[[documents[n] for n in each.positives] for each in examples],
            hard_negatives=[
                [documents[n] for n in each.negatives] if weighs else [] for each in examples
            ],
        )

    def _train_mode(self) -> None:
        self.model.train()
        if self.settings.freeze_retriever:
            self.model.towers.eval()

    def _update(self) -> None:
        self.team.add_gradients(self.weights)
        self._scaler.unscale_(self._adam)
        most = self.settings.max_grad_norm or math.inf
        norms = [torch.nn.utils.clip_grad_norm_(part, most) for part in self._parts if part]
        if not all(map(math.isfinite, map(float, norms))) and not self._scaler.is_enabled():
            raise AgentError(f"A gradient is no finite number. {_REMEDY}")
        self._scaler.step(self._adam)  # with a scaler: leaves out a step that has overflown
        self._scaler.update()
        self._schedule.step()


def _groups(model: RagModel, settings: RagSettings) -> list[dict[str, Any]]:
    """Return the optimiser's groups: each part at its rate, and no decay of biases and norms."""
    rate = settings.learning_rate
    parts = ((model.towers, settings.retriever_lr or rate), (model.generator, rate))
    groups = []
    for part, own in parts:
        weights = [w for w in part.parameters() if w.requires_grad]
        for matrices, decay in ((False, 0.0), (True, settings.weight_decay)):
            some = [w for w in weights if (w.ndim > 1) is matrices]
            if some:
                groups.append({"params": some, "lr": own, "weight_decay": decay})
    return groups


def _alone(found: list[Document], gold: Sequence[Document]) -> list[Document]:
    """Return a right passage alone, or what was found where none is known."""
    return [gold[0]] if gold else found


def _recall(batch: Batch) -> float:
    """Return how often a right passage was retrieved, of the questions that have one."""
    rows = list(zip(batch.positives, batch.retrieved, strict=True))
    ids = [({d.id for d in right}, {d.id for d in found}) for right, found in rows if right]
    return sum(bool(right & found) for right, found in ids) / max(len(ids), 1)


def _means(told: Sequence[dict[str, float]], counts: Sequence[int]) -> dict[str, float]:
    whole = sum(counts)
    return {
        name: sum(each[name] * count for each, count in zip(told, counts, strict=True)) / whole
        for name in told[0]
    }
