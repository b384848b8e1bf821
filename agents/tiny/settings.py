"""The settings of `hopgym train tiny`: plain fields, which are also its flags, and what each is."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, fields
from typing import Annotated

from ...envs.settings import at_least
from ...errors import ConfigError
from .model import TinyConfig
from .train import TrainConfig


@dataclass(frozen=True, kw_only=True)
class TinySettings:
    """Everything that `hopgym train tiny` can be told.

    Raises:
        ConfigError: If a value is not allowed.
    """

    output_dir: Annotated[str, "Where the trained policy goes.", "Files"] = "output"
    resume: Annotated[bool, "Go on where an earlier run in that folder stopped."] = False
    float16: Annotated[bool, "Write the weights in 16 bits, which halves the file."] = True
    steps: Annotated[int, "Batches to learn from.", "Lessons"] = TrainConfig.steps
    batch_tokens: Annotated[int, "Tokens of a batch at most."] = TrainConfig.batch_tokens
    exercises_until: Annotated[float, "The share of the steps with exercises alone."] = (
        TrainConfig.exercises_until
    )
    most_episodes: Annotated[float, "The share of whole episodes in the end."] = (
        TrainConfig.most_episodes
    )
    seed: Annotated[int, "Of the weights and of the worlds."] = TrainConfig.seed
    lr: Annotated[float, "The learning rate at its highest.", "Optimiser"] = (
        TrainConfig.learning_rate
    )
    warmup: Annotated[int, "Steps in which it rises."] = TrainConfig.warmup
    layers: Annotated[int, "Convolution and attention in turn.", "Model"] = TinyConfig.layers
    width: Annotated[int, "Numbers that a token is."] = TinyConfig.width
    heads: Annotated[int, "Of attention."] = TinyConfig.heads
    feed_forward: Annotated[int, "The width within a layer."] = TinyConfig.feed_forward
    vocabulary: Annotated[int, "Tokens, the 256 bytes aside."] = TrainConfig.vocabulary
    device: Annotated[str, "Such as cpu or cuda.", "Machine"] = TrainConfig.device
    threads: Annotated[int, "Processor cores; the weights follow it."] = TrainConfig.threads
    bfloat16: Annotated[bool | None, "Multiply in 16 bits; where it is quick, usually."] = None
    eval_steps: Annotated[int, "Steps between short exams, each saved.", "Exams"] = 500
    eval_episodes: Annotated[int, "Held-out questions of the last exam."] = 800

    def __post_init__(self) -> None:
        """Refuse what cannot be trained."""
        if not self.output_dir:
            raise ConfigError("output_dir is missing: give --output_dir.")
        for name in ("eval_steps", "eval_episodes"):
            at_least(name, getattr(self, name), 1)
        _ = self.config

    @property
    def config(self) -> TrainConfig:
        """What decides the weights."""
        size = TinyConfig(
            layers=self.layers,
            width=self.width,
            heads=self.heads,
            feed_forward=self.feed_forward,
        )
        return TrainConfig(
            model=size,
            vocabulary=self.vocabulary,
            steps=self.steps,
            batch_tokens=self.batch_tokens,
            learning_rate=self.lr,
            warmup=self.warmup,
            exercises_until=self.exercises_until,
            most_episodes=self.most_episodes,
            bfloat16=self.bfloat16,
            threads=self.threads,
            device=self.device,
            seed=self.seed,
        )

    @property
    def command(self) -> str:
        """The command that gives these settings.

        >>> TinySettings(output_dir="runs/tiny", steps=50, float16=False).command
        'hopgym train tiny --output_dir runs/tiny --no_float16 --steps 50'
        """
        words = ["hopgym", "train", "tiny", "--output_dir", self.output_dir]
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name in ("output_dir", "resume") or value == each.default:
                continue
            if isinstance(value, bool):
                words.append(f"--{each.name}" if value else f"--no_{each.name}")
            else:
                words += [f"--{each.name}", str(value)]
        return shlex.join(words)
