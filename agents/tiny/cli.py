"""`hopgym train tiny`."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from ..flags import DASHES, command
from .settings import TinySettings

if TYPE_CHECKING:
    from .exam import Mark


def add_command(train: typer.Typer) -> None:
    """Add the command."""
    doc = "Train the small built-in policy from nothing, and mark it on a held-out world."
    train.command("tiny", context_settings=DASHES)(command(TinySettings, run, doc))


def run(settings: TinySettings) -> None:
    """Train, and say what came of it."""
    from .course import Display, train

    console, display = Console(), Display()
    try:
        with display:
            told = train(settings, display)
    except KeyboardInterrupt:
        line = "Stopped. The same command with --resume goes on from the last exam, if any."
        Console(stderr=True).print(line, markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(130) from None
    console.print(_table(told.marks))
    parts = f"{told.steps} steps on {told.tokens} tokens in {told.seconds:.0f} s of learning"
    console.print(f"Wrote {told.folder}: {parts}.", markup=False, soft_wrap=True)
    named = shlex.quote(str(told.folder))
    following = (
        f"Next: hopgym bench --envs hopgym/SearchRead-v0 --questions 'world?hops=1-2' "
        f"--agents {named},iterative,oracle"
    )
    console.print(following, markup=False, highlight=False, soft_wrap=True)


def _table(marks: Mapping[str, Mark]) -> Table:
    table = Table("Questions", "Number", "EM", "Format", title="A held-out world")
    for sort, mark in marks.items():
        table.add_row(sort, str(mark.questions), f"{mark.em:.3f}", f"{mark.format:.3f}")
    return table
