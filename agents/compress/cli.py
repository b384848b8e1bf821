"""`hopgym train compress`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from ..flags import DASHES, command
from .presets import PRESETS
from .settings import CompressSettings

if TYPE_CHECKING:
    from .train import Trained


def add_command(train: typer.Typer) -> None:
    """Add the command."""
    doc = "REFRAG's decoding: documents as vectors of k tokens each, expanded where it pays."
    made = command(CompressSettings, run, doc, PRESETS)
    train.command("compress", context_settings=DASHES)(made)


def run(settings: CompressSettings) -> None:
    """Train, and say what came of it."""
    from ..training.display import Display
    from .train import train

    try:
        with Display() as display:
            told = train(settings, display)
    except KeyboardInterrupt:
        _say(
            "Stopped. The same command with --resume goes on from the last checkpoint, or begins "
            f"anew where there was none. {settings.output_dir}/best, where it is, plays as an agent.",
            error=True,
        )
        raise typer.Exit(130) from None
    for line in summary(settings, told):
        _say(line)


def summary(settings: CompressSettings, told: Trained) -> list[str]:
    """Return what came of a training, and what to do next, line by line."""
    parts = [f"{told.steps} steps"]
    if told.best is not None:
        parts.append(f"f1 {told.best.score:.3f} at step {told.best.step}")
    words = ["hopgym", "bench", "--envs", "hopgym/SearchRead-v0", "--questions", settings.questions]
    words += ["--set", f"top_k={settings.top_k}", "--agents", str(told.folder)]
    return [f"Wrote {told.folder}: {', '.join(parts)}.", f"Play: {shlex.join(words)}"]


def _say(line: str, *, error: bool = False) -> None:
    console = Console(stderr=error)
    console.print(line, markup=False, highlight=False, soft_wrap=True)
