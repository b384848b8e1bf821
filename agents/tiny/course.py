"""The course of a training run: what is shown, when there are exams, and what is kept of it.

The last exam is of the folder as it was written, so that its marks are those of what is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...envs.datasets.world import World
from ...errors import ConfigError
from ..bar import Bar
from ..llm.quiet import quiet
from ..model_folder import FILE
from .exam import Mark, exam
from .policy import playing, tiny_agent
from .saving import STATE, load_state, save, save_state
from .settings import TinySettings
from .train import Training

HELD_OUT = 1_000_003
"""The seed of the world that marks are given in; training draws others."""
POINT = 50
"""Steps to a point of the curve."""
SHORT = 80
"""Questions of a short exam."""


class Trained(NamedTuple):
    """What came of a run."""

    folder: Path
    steps: int
    tokens: int
    seconds: float
    marks: dict[str, Mark]
    """Of the last exam."""


class Display(Bar):
    """A bar on a terminal with the figures beside it; elsewhere a line for each exam."""

    def show(self, step: int, figures: Mapping[str, float]) -> None:
        """Move the bar, with its figures where there are new ones."""
        if figures:
            self.note(f"loss {figures['loss']:.3f}, own {figures['own_loss']:.3f}")
        self.move(step)

    def marked(self, step: int, marks: Mapping[str, Mark]) -> None:
        """Tell the marks of an exam."""
        told = ", ".join(f"{n} EM {m.em:.2f}" for n, m in marks.items() if "," not in n)
        self.say(f"step {step}  {told}, format {marks['all'].format:.2f}")


def train(settings: TinySettings, display: Display | None = None) -> Trained:
    """Train a small policy from nothing and mark it on held-out worlds.

    Args:
        settings: What and how.
        display: Shows how it goes; open already.

    Raises:
        ConfigError: If the folder holds an earlier run, or one that cannot be resumed.
    """
    display = display or Display()
    folder = Path(settings.output_dir)
    if (folder / FILE).is_file() and not settings.resume:
        raise ConfigError(
            f"{folder} holds an earlier run. Go on with it by --resume, or choose another "
            "--output_dir."
        )
    training = Training(settings.config)
    curve = load_state(training, folder) if (folder / FILE).is_file() else []
    display.open("tiny", settings.steps, training.step)
    with quiet():
        _learn(training, curve, settings, display)
    return _finish(training, curve, settings)


def _learn(
    training: Training, curve: list[dict[str, Any]], settings: TinySettings, display: Display
) -> None:
    recent: list[Mapping[str, float]] = []
    for figures in training.run():
        recent.append(figures)
        ends = training.step == settings.steps
        examined = training.step % settings.eval_steps == 0 and not ends
        if training.step % POINT == 0 or examined or ends:
            curve.append({name: _latest_or_mean(name, recent) for name in figures})
            recent.clear()
        display.show(training.step, curve[-1] if not recent else {})
        if examined:
            marks = exam(playing(training.model, training.tokenizer), held_out(SHORT))
            _note(curve, training, marks)
            display.marked(training.step, marks)
            save(training, settings.output_dir, curve, command=settings.command)
            save_state(training, settings.output_dir)


def _finish(training: Training, curve: list[dict[str, Any]], settings: TinySettings) -> Trained:
    folder = Path(settings.output_dir)

    def write() -> None:
        save(training, folder, curve, command=settings.command, float16=settings.float16)

    write()
    agent = tiny_agent(model=str(folder), device=settings.device)
    marks = exam(agent, held_out(settings.eval_episodes))
    _note(curve, training, marks)
    write()
    (folder / STATE).unlink(missing_ok=True)
    return Trained(folder, training.step, training.tokens, training.seconds, marks)


def held_out(count: int) -> World:
    """Return a world that no training run sees, with so many questions of 1 and 2 hops."""
    return World(seed=HELD_OUT, hops="1-2", dev=count, train=0, test=0)


def _note(curve: list[dict[str, Any]], training: Training, marks: Mapping[str, Mark]) -> None:
    if not curve or curve[-1]["step"] != training.step:
        curve.append({"step": training.step})
    curve[-1]["exam"] = {name: mark._asdict() for name, mark in marks.items()}


def _latest_or_mean(name: str, recent: list[Mapping[str, float]]) -> float:
    if "loss" in name:
        return float(np.mean([figures[name] for figures in recent]))
    return recent[-1][name]
