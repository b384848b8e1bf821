"""The course of a training run: what is shown, when there are exams, and what is kept of it.

The last exam is of the folder as it was written, so that its marks are those of what is left.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...envs.datasets.world import World
from ...errors import ConfigError
from ...files import parse_json, read_text
from ..bar import Bar
from ..llm.quiet import quiet
from ..model_folder import FILE
from ..training.checkpoint import part_of
from ..training.folder import RunFolder
from ..training.limits import limits_told
from .exam import Mark, exam
from .policy import playing, tiny_agent
from .saving import load_state, save, save_state
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
        ConfigError: If the folder holds an earlier run that is not to be resumed, or had other
            conditions. One that has ended stays as it is.
        DataError: If its checkpoint is damaged.
        AgentError: If memory runs out.
    """
    display = display or Display()
    run = RunFolder(settings.output_dir)
    _check(run, settings)
    with quiet(), limits_told(run.folder, "a smaller --batch_tokens"):
        begun = run.begin({"training": asdict(settings.config)}, resume=settings.resume)
        ended = None if begun else _ended(run, settings)
        if ended is not None:
            return ended
        training = Training(settings.config)
        curve = load_state(training, run.checkpoint(begun)) if begun else []
        display.open("tiny", settings.steps, training.step)
        _learn(training, curve, settings, display, run)
        return _finish(training, curve, settings, run)


def _check(run: RunFolder, settings: TinySettings) -> None:
    """Refuse an earlier run that is not resumed, and a model that no run of this kind left."""
    run.check_free(resume=settings.resume)
    if (run.folder / FILE).is_file() and not (run.folder / "run.json").is_file():
        raise ConfigError(f"{run.folder} holds a model. Choose another --output_dir to train anew.")


def _ended(run: RunFolder, settings: TinySettings) -> Trained | None:
    """Return what an earlier run came to if it has ended, and finish its tidying up."""
    if run.checkpoints.exists() or not (run.folder / FILE).is_file():
        return None
    made = parse_json(read_text(run.folder / FILE), str(run.folder / FILE))["made"]
    marks = dict(made["marks"])
    if marks.pop("step", None) != settings.steps:
        return None
    _drop_checkpoints(run)
    told = {name: Mark(**mark) for name, mark in marks.items()}
    return Trained(run.folder, made["step"], made["tokens"], made["seconds"], told)


def _drop_checkpoints(run: RunFolder) -> None:
    """Remove the checkpoints; they lose their name first, so that no part of them is taken up."""
    gone = part_of(run.checkpoints)
    shutil.rmtree(gone, ignore_errors=True)
    if run.checkpoints.exists():
        run.checkpoints.rename(gone)
        shutil.rmtree(gone)


def _learn(
    training: Training,
    curve: list[dict[str, Any]],
    settings: TinySettings,
    display: Display,
    run: RunFolder,
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
            with run.save(training.step) as folder:
                save_state(training, folder, curve)
            with run.new_best() as folder:
                save(training, folder, curve, command=settings.command)
            run.publish_best()


def _finish(
    training: Training, curve: list[dict[str, Any]], settings: TinySettings, run: RunFolder
) -> Trained:
    folder = run.folder

    def write() -> None:
        with run.new_best() as part:
            save(training, part, curve, command=settings.command, float16=settings.float16)
        run.publish_best()

    write()
    agent = tiny_agent(model=str(folder), device=settings.device)
    marks = exam(agent, held_out(settings.eval_episodes))
    _note(curve, training, marks)
    write()
    _drop_checkpoints(run)
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
