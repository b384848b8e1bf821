"""`hopgym train grpo`."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from ..flags import DASHES, command
from .keys import VARIABLES, Flags, in_environment, warning
from .presets import PRESETS
from .settings import GRPOSettings

if TYPE_CHECKING:
    from .train import Trained


def add_command(train: typer.Typer) -> None:
    """Add the command."""
    doc = "Reinforcement learning with TRL's GRPO, in whole episodes."
    made = command(Flags, run, doc, PRESETS, not_in_files=VARIABLES)
    train.command("grpo", context_settings=DASHES)(made)


def run(flags: Flags) -> None:
    """Train, and say what came of it."""
    from ..training.display import Display
    from ..training.hub import check_access
    from .train import train

    settings = flags.settings()
    if flags.keys:
        _say(warning(flags.keys), error=True)
    try:
        with in_environment(flags.keys), Display() as display:
            if settings.push_to_hub:
                check_access()
            told = train(settings, display)
    except KeyboardInterrupt:
        _say(
            "Stopped. The same command with --resume goes on from the last checkpoint (there is one "
            f"every {settings.save_every} steps), or begins anew where there is none yet.",
            error=True,
        )
        raise typer.Exit(130) from None
    if os.environ.get("RANK", "0") != "0":  # several processes train together: one speaks
        return
    for line in summary(settings, told):
        _say(line)


def summary(settings: GRPOSettings, told: Trained) -> list[str]:
    """Return what came of a training, and what to do next, line by line."""
    parts = [f"{told.steps} step{'s' * (told.steps != 1)}"]
    if told.best is not None:
        parts.append(f"{settings.eval_metric} {100 * told.best.score:.1f} at step {told.best.step}")
    lines = [f"Wrote {told.folder}: {', '.join(parts)}."]
    if told.alarm is not None:
        lines.append(f"The guard stopped it. {told.alarm.reason}")
    if settings.push_to_hub:
        lines.append(f"Pushed to {settings.hub_model_id}.")
    # To play what it was trained on would tell nothing.
    questions = "OTHER-QUESTIONS" if told.splits == (settings.split,) else settings.data_path
    words = ["hopgym", "bench", "--envs", settings.env_id]
    if questions != "world":
        words += ["--questions", questions]
    played = [f"retriever={settings.retriever}"] if settings.retriever else []
    words += [word for keyword in (*played, *settings.env_set) for word in ("--set", keyword)]
    return [*lines, f"Next: {shlex.join([*words, '--agents', str(told.folder)])}"]


def _say(line: str, *, error: bool = False) -> None:
    console = Console(stderr=error)
    console.print(line, markup=False, highlight=False, soft_wrap=True)
