"""`hopgym train rag`."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from ..flags import DASHES, command
from .presets import PRESETS
from .settings import RagSettings

if TYPE_CHECKING:
    from .train import Trained


def add_command(train: typer.Typer) -> None:
    """Add the command."""
    doc = "RAG: two encoders that retrieve and a T5 that answers, trained end to end."
    train.command("rag", context_settings=DASHES)(command(RagSettings, run, doc, PRESETS))


def run(settings: RagSettings) -> None:
    """Train, and say what came of it."""
    from ..training.display import Display
    from .train import train

    try:
        with Display() as display:
            told = train(settings, display)
    except KeyboardInterrupt:
        _say(
            "Stopped. The same command with --resume goes on from the last checkpoint, or begins "
            f"anew where none was written. {settings.output_dir}/best, where it is, plays as an "
            "agent.",
            error=True,
        )
        raise typer.Exit(130) from None
    if os.environ.get("RANK", "0") != "0":  # several processes train together: one speaks
        return
    for line in summary(settings, told):
        _say(line)


def summary(settings: RagSettings, told: Trained) -> list[str]:
    """Return what came of a training, and what to do next, line by line."""
    from .saving import retriever_spec

    parts = [f"{told.steps} steps on {told.questions} questions"]
    if told.best is not None:
        metrics = "  ".join(f"{name} {value:.3f}" for name, value in told.best.metrics.items())
        parts.append(f"at step {told.best.step} {metrics}")
    lines = [f"Wrote {told.folder}: {', '.join(parts)}."]
    lines.append(f"As a retriever: {shlex.quote(retriever_spec(told.folder))}")
    words = ["hopgym", "bench", "--envs", "hopgym/SearchRead-v0"]
    words += ["--questions", settings.question_spec, "--agents", f"{told.folder},single_shot"]
    words += ["--set", f"retriever={retriever_spec(told.folder)}"]
    words += ["--set", f"top_k={settings.n_docs}"]
    return [*lines, f"Play: {shlex.join(words)}"]


def _say(line: str, *, error: bool = False) -> None:
    console = Console(stderr=error)
    console.print(line, markup=False, highlight=False, soft_wrap=True)
