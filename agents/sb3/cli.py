"""`hopgym train sb3`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from ..flags import DASHES, command
from .presets import PRESETS
from .settings import SB3Settings

if TYPE_CHECKING:
    from .train import Trained


def add_command(train: typer.Typer) -> None:
    """Add the command."""
    doc = "Stable-Baselines3: a graph network that selects facts, by PPO or MaskablePPO."
    train.command("sb3", context_settings=DASHES)(command(SB3Settings, run, doc, PRESETS))


def run(settings: SB3Settings) -> None:
    """Train, and say what came of it."""
    from ..training.display import Display
    from .train import train

    try:
        with Display() as display:
            told = train(settings, display)
    except KeyboardInterrupt:
        _say(
            "Stopped. The same command with --resume goes on from the last checkpoint (there is one "
            f"every {settings.eval_every} steps), or begins anew where there is none yet. "
            f"{settings.output_dir}/best, where it is, plays as an agent.",
            error=True,
        )
        raise typer.Exit(130) from None
    for line in summary(settings, told):
        _say(line)


def summary(settings: SB3Settings, told: Trained) -> list[str]:
    """Return what came of a training, and what to do next, line by line."""
    parts = [f"{told.steps} steps"]
    if told.best is not None:
        parts.append(f"{settings.eval_metric} {told.best.score:.3f} at step {told.best.step}")
    lines = [f"Wrote {told.folder}: {', '.join(parts)}."]
    if told.stopped:
        lines.append(f"It ended early: {settings.patience} examinations were no better.")
    words = ["hopgym", "bench", "--envs", settings.env_id]
    if settings.questions != "world":
        words += ["--questions", settings.questions]
    keywords = (f"mode={settings.mode}", f"top_k={settings.top_k}")
    for each in (*keywords, *settings.env_set):
        words += ["--set", each]
    return [*lines, f"Next: {shlex.join([*words, '--agents', str(told.folder)])}"]


def _say(line: str, *, error: bool = False) -> None:
    console = Console(stderr=error)
    console.print(line, markup=False, highlight=False, soft_wrap=True)
