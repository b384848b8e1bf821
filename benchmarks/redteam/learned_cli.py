"""`hopgym redteam learn` and `hopgym redteam curves`: a policy that learns to game a reward."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from ...agents.flags import DASHES, command
from ...agents.ppo.presets import PRESETS
from ...errors import ConfigError
from ...files import atomic_write
from .learned_settings import LearnedSettings

if TYPE_CHECKING:
    from .attack_folder import Report

PICTURE = "curves.svg"


def add_commands(redteam: typer.Typer) -> None:
    """Add the commands."""
    doc = "Train a policy against a reward, and watch a true score that it never sees; status 1 if they part."
    redteam.command("learn", context_settings=DASHES)(command(LearnedSettings, run, doc, PRESETS))
    redteam.command("curves")(curves)


def run(settings: LearnedSettings) -> None:
    """Attack, show what came of it, and end with status 1 if the reward was gamed."""
    from .gap_plot import gap_svg
    from .learned import Stretches, learn

    try:
        with Stretches(Console(stderr=True), settings.updates) as shown:
            found = learn(settings, shown.tell, shown)
    except KeyboardInterrupt:
        _say("Stopped. The same command with --resume goes on from there.", error=True)
        raise typer.Exit(130) from None
    _write(settings.folder / PICTURE, gap_svg([found]))
    _show([found])


def curves(
    runs: Annotated[list[Path], typer.Argument(help="Folders of `hopgym redteam learn`.")],
    svg: Annotated[Path | None, typer.Option(help="Draw them into one picture.")] = None,
    md: Annotated[Path | None, typer.Option(help="Write the table as Markdown.")] = None,
) -> None:
    """Lay several learned attacks side by side; status 1 if a reward was gamed."""
    from .attack_folder import read_report
    from .gap_plot import gap_svg
    from .learned_report import markdown

    found = [read_report(folder) for folder in runs]
    if svg is not None:
        _write(svg, gap_svg(found))
    if md is not None:
        _write(md, markdown(found))
    _show(found)


def _show(found: list[Report]) -> None:
    from .learned_report import console_tables

    console = Console()
    for part in console_tables(found):
        console.print(part)
    if any(one.finding.failed for one in found):
        raise typer.Exit(1)


def _write(path: Path, content: str) -> None:
    try:
        with atomic_write(path) as stream:
            stream.write(content.encode("utf-8", "replace"))
    except OSError as error:
        raise ConfigError(
            f"{str(path)!r} cannot be written ({error.strerror}). Choose another file."
        ) from error
    _say(f"Wrote {path}", error=True)


def _say(text: str, *, error: bool = False) -> None:
    Console(stderr=error).print(text, markup=False, highlight=False, soft_wrap=True)
