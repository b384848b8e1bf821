"""Training the small policy from nothing: exercises first, then more and more whole episodes.

The same configuration on the same machine gives the same weights; the number of threads is part of
it. `hopgym train tiny` is the command.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np

from ...envs.settings import at_least
from ...errors import ConfigError, require
from ...retrieval.base import check_number
from .lessons import Lesson, Lessons, padded
from .model import TinyConfig, build_model
from .tokenizer import train_tokenizer, world_texts


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Everything that decides the weights."""

    model: TinyConfig = field(default_factory=TinyConfig)
    vocabulary: int = 1_536
    steps: int = 6_000
    batch_tokens: int = 3_000
    learning_rate: float = 4e-3
    warmup: int = 100
    exercises_until: float = 0.2
    """The share of the steps with exercises alone; whole episodes then come in over as many more."""
    most_episodes: float = 0.8
    """The share of episodes among the lessons in the end."""
    bfloat16: bool | None = None
    """Whether matrices are multiplied in 16 bits; None says where the processor is made for it."""
    threads: int = 2
    device: str = "cpu"
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        for name in ("vocabulary", "steps", "batch_tokens", "warmup", "threads"):
            at_least(name, getattr(self, name), 1)
        at_least("seed", self.seed, 0)
        for name in ("exercises_until", "most_episodes", "learning_rate"):
            check_number(name, getattr(self, name), 0.0, 1.0, example=0.1)

    def episodes(self, done: float) -> float:
        """Return the share of episodes among the lessons when a share of the steps is done.

        >>> [TrainConfig().episodes(done) for done in (0.1, 0.3, 0.9)]
        [0.0, 0.4, 0.8]
        """
        since = (done - self.exercises_until) / max(self.exercises_until, 1e-9)
        return round(self.most_episodes * min(1.0, max(0.0, since)), 6)

    def rate(self, step: int) -> float:
        """Return the learning rate of a step: up, and down as a cosine to a fiftieth."""
        up = min(1.0, (step + 1) / self.warmup)
        return self.learning_rate * up * (0.02 + 0.49 * (1 + math.cos(math.pi * step / self.steps)))


class Training:
    """A training run.

    Args:
        config: What decides the weights.
        tokenizer: The policy's; trained on the text of a world if None.
    """

    def __init__(self, config: TrainConfig, tokenizer: Any = None) -> None:
        torch = require("torch", "llm")
        torch.set_num_threads(config.threads)
        self.config = config
        if tokenizer is None:
            tokenizer = train_tokenizer(world_texts(config.seed), config.vocabulary)
        self.tokenizer = tokenizer
        self.model = build_model(config.model, tokenizer, config.seed).to(_device(config.device))
        self.lessons = Lessons(tokenizer, config.seed, config.batch_tokens)
        self.step = 0
        self.tokens = 0
        self.seconds = 0.0
        """Spent on learning; making lessons is not counted."""
        self._world = 0
        self._begun = 0
        self._optimizers = _optimizers(self.model)
        self.half = config.bfloat16 if config.bfloat16 is not None else _is_quick(config.device)

    def run(self) -> Iterator[dict[str, float]]:
        """Train to the end; yield each step's figures."""
        for batch in self._batches():
            started = time.perf_counter()
            figures = self._learn(batch)
            self.step += 1
            self.tokens += sum(len(lesson.inputs) for lesson in batch)
            self.seconds += time.perf_counter() - started
            yield {
                "step": self.step, "tokens": self.tokens, "seconds": self.seconds, **figures
            }  # fmt: skip

    def state(self) -> dict[str, Any]:
        """Return all that a run needs to go on as if it had never stopped."""
        return {
            **{name: getattr(self, name) for name in _PLACE},
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self._optimizers],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned, of a run with the same configuration."""
        for name in _PLACE:
            setattr(self, name, state[name])
        self.model.load_state_dict(state["model"])
        for optimizer, held in zip(self._optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(held)

    def _batches(self) -> Iterator[list[Lesson]]:
        while True:
            share = self.config.episodes(self._begun / self.config.steps)
            batches = self.lessons.batches(self._world, share)
            for batch in islice(batches, self.step - self._begun, None):
                if self.step >= self.config.steps:
                    return
                yield batch
            self._world += 1
            self._begun = self.step

    def _learn(self, batch: Sequence[Lesson]) -> dict[str, float]:
        torch = require("torch", "llm")
        device = self.config.device
        arrays = _arrays(batch, self.config.batch_tokens)
        inputs, targets, weights = (torch.as_tensor(array, device=device) for array in arrays)
        self.model.train()
        with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=self.half):
            # What pads stands behind a row's end, where nothing sees it.
            logits = self.model(input_ids=inputs, use_cache=False).logits
        losses = torch.nn.functional.cross_entropy(
            logits.float().flatten(0, 1), targets.flatten(), reduction="none"
        )
        counts = weights.flatten()
        loss = (losses * counts).sum() / counts.sum()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self._move()
        return {
            "loss": float(loss.detach()),
            "own_loss": float(losses.detach()[counts == 1].mean()),
        }

    def _move(self) -> None:
        for optimizer in self._optimizers:
            for group in optimizer.param_groups:
                group["lr"] = self.config.rate(self.step)
            optimizer.step()
            optimizer.zero_grad()


_PLACE = ("step", "tokens", "seconds", "_world", "_begun")
"""Where a run stands: `_begun` is the step at which the lessons of its world began."""


def _optimizers(model: Any) -> list[Any]:
    """Return Muon (Jordan et al. 2024) for the matrices, and AdamW for all else."""
    torch = require("torch", "llm")
    matrices: list[Any] = []
    others: list[Any] = []
    for name, parameter in model.named_parameters():
        inner = parameter.ndim == 2 and "embed" not in name
        (matrices if inner else others).append(parameter)
    return [
        torch.optim.Muon(matrices, lr=1e-3, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=1e-3, weight_decay=0.0, betas=(0.9, 0.98)),
    ]


def _device(device: str) -> Any:
    """Return a device that there is.

    Raises:
        ConfigError: If there is none of that name.
    """
    torch = require("torch", "llm")
    try:
        return torch.empty(0, device=device).device
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(
            f"device is {device!r}, which cannot be used here ({reason:.200}). Give cpu, or cuda "
            "where there is one."
        ) from error


def _is_quick(device: str) -> bool:
    """Return whether a device multiplies 16-bit numbers more quickly than 32-bit ones."""
    torch = require("torch", "llm")
    if torch.device(device).type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    knows = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(knows()) if knows else False


def _arrays(batch: Sequence[Lesson], tokens: int) -> tuple[np.ndarray[Any, Any], ...]:
    """Return inputs, targets and weights, in a shape that follows from the longest lesson alone."""
    longest = padded(max(len(lesson.inputs) for lesson in batch))
    rows = max(len(batch), tokens // longest)
    inputs, targets = np.zeros((2, rows, longest), np.int64)
    weights = np.zeros((rows, longest), np.float32)
    for row, lesson in enumerate(batch):
        size = len(lesson.inputs)
        inputs[row, :size], targets[row, :size] = lesson.inputs, lesson.targets
        weights[row, :size] = lesson.weights
    return inputs, targets, weights
