"""`hopgym train sft`."""

from __future__ import annotations

import os
import shlex

import typer
from rich.console import Console

from ..flags import DASHES, command
from .settings import SFTSettings


def add_command(train: typer.Typer) -> None:
    """Add the command."""
    doc = "Supervised fine-tuning: learn to write what an expert wrote."
    train.command("sft", context_settings=DASHES)(command(SFTSettings, run, doc))


def run(settings: SFTSettings) -> None:
    """Train, and say what came of it."""
    from ..training.hub import check_access
    from .display import SFTDisplay
    from .train import train

    console = Console()
    try:
        with SFTDisplay() as display:
            if settings.push_to_hub:
                check_access()
            told = train(settings, display)
    except KeyboardInterrupt:
        line = "Stopped. The same command with --resume goes on from the last checkpoint, if any."
        Console(stderr=True).print(line, markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(130) from None
    if os.environ.get("RANK", "0") != "0":  # several processes train together: one speaks
        return
    parts = [f"{told.steps} steps on {told.sequences} sequences, loss {told.loss:.4f}"]
    if told.best is not None:
        parts.append(f"{settings.eval_metric} {100 * told.best.score:.1f} at step {told.best.step}")
    if told.stopped_early:
        parts.append("stopped early")
    console.print(f"Wrote {told.folder}: {'; '.join(parts)}.", markup=False, soft_wrap=True)
    words = ["hopgym", "bench", "--envs", settings.eval_env]
    if settings.eval_questions:
        words += ["--questions", settings.eval_questions]
    following = f"Next: {shlex.join([*words, '--agents', str(told.folder)])}"
    console.print(following, markup=False, highlight=False, soft_wrap=True)
