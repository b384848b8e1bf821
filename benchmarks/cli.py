"""`hopgym bench`, `doctor`, and the commands that stand in files of their own."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from ..listing import print_registry
from .redteam.cli import add_commands as add_redteam
from .report.cli import add_commands as add_report
from .survey_cli import add_commands as add_survey

if TYPE_CHECKING:
    from .bench import Outcome
    from .suites import Suite


def add_commands(app: typer.Typer) -> None:
    """Add this package's commands."""
    app.command("bench")(bench)
    add_report(app)
    add_survey(app)
    app.command("doctor")(doctor)
    add_redteam(app)


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
    spread: Annotated[bool, typer.Option("--spread", help="From all over the split.")] = False,
    seeds: Annotated[
        str | None, typer.Option(help="Play each question with these seeds, as 0,1,2.")
    ] = None,
    engine: Annotated[str, typer.Option(help="local, or ray?actors=N.")] = "local",
    num_envs: Annotated[int, typer.Option(help="Episodes side by side.", min=1)] = 8,
    data: Annotated[
        str | None, typer.Option(help="The folder of real data sets (or HOPGYM_DATA).")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="The results folder; results/SUITE by default.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Play all of it anew.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="List the suites.")] = False,
) -> None:
    """Let agents play environments; go on where an interrupted run stopped."""
    from .bench import run_bench
    from .choices import choose_suite, ready_tasks, split_names
    from .progress import Display

    if list_:
        return _list_suites()
    chosen = choose_suite(suite, envs, agents, questions, split, set_)
    tasks = ready_tasks(chosen.tasks, episodes, seeds, data, spread=spread)
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
    for told in _trained_on(outcomes):
        console.print(told, style="yellow", markup=False, highlight=False, soft_wrap=True)
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


def _trained_on(outcomes: Sequence[Outcome]) -> list[str]:
    """Say which agents were trained on what they played."""
    return [
        f"{each.agent} was trained on {each.trained_on} of the questions of {each.task}: the "
        "leaderboard marks it, and does not rank it."
        for each in outcomes
        if each.trained_on
    ]


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


def _quiet(text: str) -> str:
    from rich.markup import escape

    return escape(text)
