"""`hopgym leaderboard` and `hopgym report`: what results say, as tables and as a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from ...errors import ConfigError, DataError
from ...files import atomic_write

if TYPE_CHECKING:
    from ..leaderboard import Board
    from .curves import Curve

QUESTIONS = 1000
"""Questions of each table that a report holds."""


def add_commands(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("leaderboard")(leaderboard)
    app.command("report")(report)


def leaderboard(
    folders: Annotated[list[Path], typer.Argument(help="Results folders or files.")],
    html: Annotated[Path | None, typer.Option(help="Write a page with trajectories.")] = None,
    md: Annotated[Path | None, typer.Option(help="Write Markdown.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write JSON.")] = None,
    questions: Annotated[
        int | None,
        typer.Option(
            help="With --html: how many questions of each task to show; 40 by default.", min=1
        ),
    ] = None,
) -> None:
    """Compare the agents: scores with intervals, by hops, and who really differs."""
    from .. import tables
    from ..leaderboard import load_board
    from .index import QUESTIONS as FEW

    if questions and not html:
        raise ConfigError("--questions belongs to --html: it says how many the page shows.")
    board = load_board(folders)
    console = Console()
    for part in tables.console_tables(board, console.width):
        console.print(part)
    if md:
        with _writing(md):
            _write(md, tables.markdown(board).encode("utf-8", "replace"))
    if json:
        with _writing(json):
            _write(json, tables.as_json(board))
    if html:
        _page(board, html, "Leaderboard", questions or FEW, _curves(board, ()))


def report(
    folders: Annotated[list[Path], typer.Argument(help="Results folders or files.")],
    html: Annotated[
        Path | None, typer.Option(help="The page; report.html in the first folder by default.")
    ] = None,
    questions: Annotated[
        int, typer.Option(help="How many questions of each task to show.", min=1)
    ] = QUESTIONS,
    runs: Annotated[
        list[Path] | None,
        typer.Option(help="Training runs whose curves to show, or a folder of them; repeatable."),
    ] = None,
    title: Annotated[str | None, typer.Option(help="The heading; the folder's name, else.")] = None,
) -> None:
    """Write a page to browse results: tables, plots, curves, and every trajectory."""
    from ..leaderboard import load_board

    first = folders[0] if folders[0].is_dir() else folders[0].parent
    board = load_board(folders)
    curves = _curves(board, runs or ())
    heading = title or first.resolve().name
    _page(board, html or first / "report.html", heading, questions, curves)


def _curves(board: Board, runs: Sequence[Path]) -> list[Curve]:
    """Return the curves of runs, and of the agents that were trained where their runs still are.

    A damaged run is an error where it was asked for; where it only lies beside an agent, it is told.
    """
    from .curves import find_runs, read_curves, runs_of_agents

    asked = find_runs(runs)
    specs = sorted({r.agent_spec for group in board.groups for r in group.records})
    try:
        return read_curves({**asked, **runs_of_agents(specs)})
    except DataError as error:
        if asked:
            raise
        told = f"Without training curves: {error}"
        Console(stderr=True).print(told, markup=False, highlight=False, soft_wrap=True)
        return []


def _page(
    board: Board, path: Path, title: str, questions: int, curves: Sequence[Curve] = ()
) -> None:
    from .page import write_page

    when = datetime.now(UTC)
    with _writing(path):
        write_page(board, path, title=title, when=when, questions=questions, curves=curves)


def _write(path: Path, content: bytes) -> None:
    with atomic_write(path) as stream:
        stream.write(content)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Tell what was written; a place that cannot be written is an error in one line."""
    try:
        yield
    except OSError as error:
        raise ConfigError(
            f"{str(path)!r} cannot be written ({error.strerror}). Choose another file."
        ) from error
    Console(stderr=True).print(f"Wrote {path}", markup=False, highlight=False, soft_wrap=True)
