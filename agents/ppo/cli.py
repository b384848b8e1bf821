"""`hopgym train ppo`."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from ..flags import DASHES, command
from .presets import PRESETS
from .settings import PPOSettings

if TYPE_CHECKING:
    from .train import Trained


def add_command(train: typer.Typer) -> None:
    """Add the command."""
    doc = "Reinforcement learning in whole episodes: PPO, REINFORCE++ or RLOO."
    train.command("ppo", context_settings=DASHES)(command(PPOSettings, run, doc, PRESETS))


def run(settings: PPOSettings) -> None:
    """Train, and say what came of it."""
    from ..training.display import Display
    from .train import train

    try:
        with Display() as display:
            told = train(settings, display)
    except KeyboardInterrupt:
        _say(
            "Stopped. The same command with --resume goes on from the last checkpoint (there is one "
            f"every {settings.save_every} updates), or begins anew where there is none yet. "
            f"{settings.output_dir}/best, where it is, plays as an agent.",
            error=True,
        )
        raise typer.Exit(130) from None
    if os.environ.get("RANK", "0") != "0":  # several processes train together: one speaks
        return
    for line in summary(settings, told):
        _say(line)


def summary(settings: PPOSettings, told: Trained) -> list[str]:
    """Return what came of a training, and what to do next, line by line."""
    parts = [f"{told.updates} update{'s' * (told.updates != 1)}"]
    if told.best is not None:
        parts.append(
            f"{settings.eval_metric} {100 * told.best.score:.1f} at update {told.best.step}"
        )
    lines = [f"Wrote {told.folder}: {', '.join(parts)}."]
    if told.alarm is not None:
        lines.append(f"The guard stopped it. {told.alarm.reason}")
    words = ["hopgym", "bench", "--envs", settings.env_id]
    if settings.questions != "world":
        words += ["--questions", settings.questions]
    words += [word for keyword in settings.env_set for word in ("--set", keyword)]
    return [*lines, f"Next: {shlex.join([*words, '--agents', str(told.folder)])}"]


def _say(line: str, *, error: bool = False) -> None:
    console = Console(stderr=error)
    console.print(line, markup=False, highlight=False, soft_wrap=True)
