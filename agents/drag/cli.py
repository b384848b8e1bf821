"""`hopgym train drag`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from ..flags import DASHES, command
from .presets import PRESETS
from .settings import DragSettings

if TYPE_CHECKING:
    from .train import Trained


def add_command(train: typer.Typer) -> None:
    """Add the command."""
    doc = "D-RAG: a graph network that retrieves facts (phase 1), and a generator with it (2)."
    train.command("drag", context_settings=DASHES)(command(DragSettings, run, doc, PRESETS))


def run(settings: DragSettings) -> None:
    """Train, and say what came of it."""
    from ..training.display import Display
    from .train import train

    if settings.plan:
        _plan(settings)
        return
    try:
        with Display() as display:
            told = train(settings, display)
    except KeyboardInterrupt:
        _say(
            "Stopped. The same command with --resume goes on from the last epoch that was "
            "finished, or begins anew where none was. "
            f"{settings.checkpoint_dir}/best, where it is, plays as an agent.",
            error=True,
        )
        raise typer.Exit(130) from None
    for line in summary(settings, told):
        _say(line)


def summary(settings: DragSettings, told: Trained) -> list[str]:
    """Return what came of a training, and what to do next, line by line."""
    parts = [f"{told.epochs} epoch{'s' * (told.epochs != 1)}"]
    if told.best is not None:
        parts.append(f"{told.metric} {told.best.score:.3f} at epoch {told.best.step}")
    if told.left_out:
        parts.append(f"{told.left_out} questions taught nothing and were left out")
    lines = [f"Wrote {told.folder}: {', '.join(parts)}."]
    if settings.phase == 1:
        following = ["hopgym", "train", "drag", "--phase", "2", *_same_questions(settings)]
        following += ["--phase1_checkpoint", str(told.folder)]
        lines.append(f"Next: {shlex.join(following)} --generator_model MODEL")
    words = ["hopgym", "bench", "--envs", "hopgym/KGSubgraph-v0"]
    words += ["--questions", settings.question_spec, "--set", f"top_k={settings.max_facts}"]
    if settings.phase == 2:
        words += ["--set", f"reader=drag?model={told.folder}"]
    return [*lines, f"Play: {shlex.join([*words, '--agents', str(told.folder)])}"]


def _same_questions(settings: DragSettings) -> list[str]:
    """Return the flags by which another phase is trained on the same questions."""
    flag = "heuristics_path" if settings.heuristics_path else "questions"
    words = [f"--{flag}", settings.question_spec]
    for name in ("split", "max_facts", "eval_questions", "eval_split"):
        if getattr(settings, name) != getattr(DragSettings, name):
            words += [f"--{name}", str(getattr(settings, name))]
    return words


def _plan(settings: DragSettings) -> None:
    from .plan import show_plan

    show_plan(settings.generator, lora=settings)


def _say(line: str, *, error: bool = False) -> None:
    console = Console(stderr=error)
    console.print(line, markup=False, highlight=False, soft_wrap=True)
