"""Environment variables that hold for as long as a run does: keys, and what trackers read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol


class TrackerSettings(Protocol):
    """What says who is told of a run: the settings of any learner that has these."""

    @property
    def output_dir(self) -> str:
        """The run's folder."""

    @property
    def use_wandb(self) -> bool:
        """Whether Weights & Biases is."""

    @property
    def wandb_project(self) -> str:
        """Its project."""

    @property
    def use_tensorboard(self) -> bool:
        """Whether TensorBoard is."""


def tracker_variables(settings: TrackerSettings) -> dict[str, str]:
    """Return what the trainer's trackers read from the environment and from nowhere else."""
    told = {}
    if settings.use_wandb:
        told["WANDB_PROJECT"] = settings.wandb_project
    if settings.use_tensorboard:  # else among the checkpoints
        told["TENSORBOARD_LOGGING_DIR"] = str(Path(settings.output_dir) / "tensorboard")
    return told


@contextmanager
def variables(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables, and put back what was there."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
