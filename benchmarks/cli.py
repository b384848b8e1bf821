"""`hopgym bench`, `leaderboard`, `report` and `doctor`."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from ..errors import ConfigError
from ..files import atomic_write
from ..listing import print_registry
from .redteam.cli import redteam

if TYPE_CHECKING:
    from .bench import Outcome
    from .suites import Suite

REPORT_QUESTIONS = 400


def add_commands(app: typer.Typer) -> None:
    """Add this package's commands."""
    app.command("bench")(bench)
    app.command("leaderboard")(leaderboard)
    app.command("report")(report)
    app.command("doctor")(doctor)
    app.command("redteam")(redteam)


def bench(
    suite: Annotated[str | None, typer.Option(help="A suite; `quick` by default.")] = None,
    envs: Annotated[
        list[str] | None, typer.Option(help="Instead of a suite: environments, a,b or repeated.")
    ] = None,
    agents: Annotated[
        list[str] | None, typer.Option(help="Agents, a,b or repeated; else the suite's.")
    ] = None,
    questions: Annotated[
        str | None, typer.Option(help="With --envs: a question set, file or folder.")
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="With --envs: the split to play; test, or the only one.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="With --envs: any other keyword, as name=value."),
    ] = None,
    episodes: Annotated[
        int | None, typer.Option(help="Play only the first so many questions of each task.")
    ] = None,
    seeds: Annotated[
        str | None, typer.Option(help="Play each question with these seeds, as 0,1,2.")
    ] = None,
    engine: Annotated[str, typer.Option(help="local, or ray.")] = "local",
    num_envs: Annotated[int, typer.Option(help="Episodes side by side.", min=1)] = 8,
    data: Annotated[
        str | None, typer.Option(help="The folder of real data sets (or HOPGYM_DATA).")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The results folder; results/SUITE by default.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Play anew what an earlier run has played.")
    ] = False,
    list_: Annotated[bool, typer.Option("--list", help="List the suites.")] = False,
) -> None:
    """Let agents play environments; go on where an interrupted run stopped."""
    from .bench import run_bench
    from .choices import choose_suite, ready_tasks, split_names
    from .progress import Display

    if list_:
        return _list_suites()
    chosen = choose_suite(suite, envs, agents, questions, split, set_)
    tasks = ready_tasks(chosen.tasks, episodes, seeds, data)
    folder = out or Path("results") / chosen.name
    with _interruptible(folder), Display() as display:
        outcomes = run_bench(
            tasks,
            split_names(agents) or _able(chosen),
            folder,
            suite=chosen.name,
            engine=engine,
            num_envs=num_envs,
            fresh=fresh,
            command=shlex.join(["hopgym", *sys.argv[1:]]),
            reporter=display,
        )
    _tell(outcomes, folder)


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
    from . import tables
    from .leaderboard import load_board

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
        from .page import write_page
        from .viewer import QUESTIONS

        with _writing(html):
            write_page(board, html, when=datetime.now(UTC), questions=questions or QUESTIONS)


def report(
    folder: Annotated[Path, typer.Argument(help="A results folder.")],
    html: Annotated[Path | None, typer.Option(help="The page; DIR/report.html by default.")] = None,
    questions: Annotated[
        int,
        typer.Option(help="How many questions of each task to show.", min=1),
    ] = REPORT_QUESTIONS,
) -> None:
    """Write a page to browse the trajectories of one results folder."""
    from .leaderboard import load_board
    from .page import write_page

    base = folder.resolve() if folder.is_dir() else folder.resolve().parent
    path = html or (folder if folder.is_dir() else folder.parent) / "report.html"
    board = load_board([folder])
    with _writing(path):
        write_page(board, path, title=base.name, when=datetime.now(UTC), questions=questions)


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Say what is installed, reachable and missing, and how to mend it."""
    from .doctor import examine, healthy, summary

    checks = examine()
    if as_json:
        print(msgspec.json.encode([check._asdict() for check in checks]).decode())
    else:
        colours = {"ok": "green", "absent": "yellow", "broken": "red"}
        table = Table("", "What", "State")
        for title in ("Found", "To mend it"):
            table.add_column(title, overflow="fold")  # a command cut short mends nothing
        areas = [check.area for check in checks]
        for place, check in enumerate(checks):
            if place and check.area != areas[place - 1]:
                table.add_section()
            state = f"[{colours[check.state]}]{check.state}[/]"
            area = "" if place and check.area == areas[place - 1] else check.area
            table.add_row(area, check.name, state, *map(_quiet, (check.detail, check.mend)))
        console = Console()
        console.print(table)
        console.print(summary(checks), markup=False, highlight=False, soft_wrap=True)
    if not healthy(checks):
        raise typer.Exit(1)


def _able(suite: Suite) -> list[str]:
    """Return a suite's agents, and tell which of them lack an extra."""
    from .choices import able

    names, lacking = able(suite.agents)
    for told in lacking:
        Console(stderr=True).print(told, markup=False, highlight=False, soft_wrap=True)
    return names


def _list_suites() -> None:
    from .suites import SUITES

    print_registry(SUITES, "What it plays", own="Also: module:attribute or file.py:attribute.")


@contextmanager
def _interruptible(folder: Path) -> Iterator[None]:
    """Say what Ctrl-C leaves."""
    try:
        yield
    except KeyboardInterrupt:
        told = f"Stopped. What was played is kept in {folder}; the same command goes on from there."
        Console(stderr=True).print(told, markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(130) from None


def _tell(outcomes: list[Outcome], folder: Path) -> None:
    from .progress import counted

    console = Console()
    errors = sum(outcome.errors for outcome in outcomes)
    played = sum(outcome.played for outcome in outcomes)
    kept = sum(outcome.kept for outcome in outcomes)
    console.print(f"{counted(played, 'episode')} played, {kept} kept from before, {errors} failed.")
    if played + kept > errors:
        following = f"Next: hopgym leaderboard {shlex.quote(str(folder))}"
        console.print(following, markup=False, highlight=False, soft_wrap=True)
    if errors:
        for told in _first_failures(outcomes):
            console.print(told, markup=False, highlight=False, soft_wrap=True)
        console.print(
            "Failed episodes are in no mean. Run the same command again to retry them.",
            style="yellow",
        )
        raise typer.Exit(1)


def _first_failures(outcomes: Sequence[Outcome]) -> list[str]:
    """Say what failed first and where, each failure once."""
    where: dict[str, list[str]] = {}
    for outcome in outcomes:
        if outcome.first_error:
            who = f"{outcome.agent} on {outcome.task}"
            where.setdefault(outcome.first_error[:300], []).append(who)
    return [
        f"First failure of {who}{f' and {len(others)} more' if others else ''}: {error}"
        for error, (who, *others) in where.items()
    ]


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


def _quiet(text: str) -> str:
    from rich.markup import escape

    return escape(text)
