"""`hopgym train refrag`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from ..flags import DASHES, command
from .presets import PRESETS
from .settings import RefragSettings

if TYPE_CHECKING:
    from .train import Trained


def add_command(train: typer.Typer) -> None:
    """Add the command."""
    doc = "Recursive retrieval: imitate a teacher, then GRPO or PPO, in hopgym/RAG-v0."
    train.command("refrag", context_settings=DASHES)(command(RefragSettings, run, doc, PRESETS))


def run(settings: RefragSettings) -> None:
    """Train, and say what came of it."""
    from .train import train

    try:
        told = train(settings, shown=True)
    except KeyboardInterrupt:
        _say(
            "Stopped. The same command with --resume goes on: with the teacher's next episode, or "
            "from a stage's last checkpoint.",
            error=True,
        )
        raise typer.Exit(130) from None
    for line in summary(settings, told):
        _say(line)


def summary(settings: RefragSettings, told: Trained) -> list[str]:
    """Return what came of a training, and what to do next, line by line."""
    from .stages import env_set

    parts = []
    if told.collected is not None:
        parts.append(f"{told.collected.accepted} episodes of the teacher")
        parts.append(f"supervised loss {told.supervised.loss:.4f}")
    best = told.rl.best if told.rl is not None else None
    if best is not None:
        parts.append(f"{settings.eval_metric} {100 * best.score:.1f} after RL's best step")
    lines = [f"Wrote {told.folder}: {', '.join(parts) or settings.algorithm}."]
    if told.rl is not None and told.rl.alarm is not None:
        lines.append(f"The guard stopped it. {told.rl.alarm.reason}")
    words = ["hopgym", "bench", "--envs", settings.env_id]
    if settings.questions != "world":
        words += ["--questions", settings.questions]
    words += [word for keyword in env_set(settings) for word in ("--set", keyword)]
    return [*lines, f"Next: {shlex.join([*words, '--agents', str(told.folder)])}"]


def _say(line: str, *, error: bool = False) -> None:
    console = Console(stderr=error)
    console.print(line, markup=False, highlight=False, soft_wrap=True)
