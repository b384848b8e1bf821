"""How many steps a second does `hopgym/KGSubgraph-v0` make, beside what others do for a step?

On graphs as large as those of ComplexWebQuestions and on small ones: our vector environment, our
single environment in Gymnasium's sync vector environment, and the inner loops of DeepPath, MINERVA
and KG-R1, re-implemented from what is told of them. Theirs only look up where an action leads; ours
also makes observations, masks, rewards, metrics and stored trajectories.

    python -m hopgym.benchmarks.speed.kg [--num-envs 64] [--questions 64] [--steps 20] [--rounds 5]
        [--json FILE]

One core. Each round times all sides one right after the other; figures are medians over the rounds,
and so are ratios, which are of CPU seconds. Questions are prepared before; what that takes, and how
fast a first epoch is with it, has a table of its own.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ...core import to_json
from ...files import atomic_write
from .env_steps import _count
from .kg_sides import (
    FORMS,
    NATIVE,
    SYNC,
    Setup,
    native_side,
    peer_sides,
    preparation,
    sync_side,
)
from .kg_workload import CWQ, SMALL, GraphQuestions, Size
from .report import _machine
from .rounds import Row, Side, race, times_faster

ENVS, QUESTIONS, STEPS = 64, 64, 20
ROUNDS, SECONDS = 5, 0.2


@dataclass(frozen=True, slots=True)
class Figure:
    """How fast one side is."""

    name: str
    graphs: str
    envs: int
    per_cpu: float | None
    """Steps per CPU second."""
    per_wall: float | None
    native_is_faster: float | None
    """How many times the steps of this side our vector environment makes: in the same form where
    this side is ours, and in the first form where it is a peer."""


@dataclass(frozen=True, slots=True)
class FirstTime:
    """What it costs to play a question for the first time."""

    name: str
    graphs: str
    preparation_ms: float
    """CPU milliseconds for a question."""
    per_cpu: float
    """Steps per CPU second of our vector environment where every episode has a new question."""


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of a run."""

    machine: dict[str, Any]
    rounds: int
    questions: int
    steps: int
    """Actions in a sequential episode."""
    figures: list[Figure]
    first_times: list[FirstTime]


def measure(
    sizes: Sequence[Size] = (CWQ, SMALL),
    envs: int = ENVS,
    questions: int = QUESTIONS,
    steps: int = STEPS,
    rounds: int = ROUNDS,
    seconds: float = SECONDS,
) -> Report:
    """Time every side on every size of graphs.

    Args:
        sizes: Of the graphs.
        envs: Sub-environments, and walkers of MINERVA's.
        questions: How many graphs of each size.
        steps: Actions in a sequential episode, STOP included.
        rounds: How often each side is timed.
        seconds: About how long a side plays in each round.
    """
    figures: list[Figure] = []
    first_times: list[FirstTime] = []
    for size in sizes:
        asked = GraphQuestions(size, questions)
        setups = [Setup(asked, form, envs, steps) for form in FORMS]
        prepared = [preparation(setup) for setup in setups]
        rows = race([*_sides(setups), *peer_sides(asked, envs)], rounds, seconds)
        figures += compare(rows)
        first_times += map(_first_time, setups, prepared, _native(rows).values())
    return Report(_machine(), rounds, questions, steps, figures, first_times)


def _first_time(setup: Setup, milliseconds: float, row: Row) -> FirstTime:
    each = setup.steps if setup.form.mode == "sequential" else 1
    seconds = 1 / (row.per_cpu or 1e-9) + milliseconds / 1000 / each
    return FirstTime(setup.form.name, row.label.search, milliseconds, 1 / seconds)


def _native(rows: Sequence[Row]) -> dict[str, Row]:
    return {row.label.name: row for row in rows if row.label.name.startswith(NATIVE)}


def _sides(setups: Sequence[Setup]) -> Iterator[Side]:
    for setup in setups:
        yield native_side(setup)
        yield sync_side(setup)


def compare(rows: Sequence[Row]) -> Iterator[Figure]:
    """Yield the figures of rows over graphs of one size."""
    native = _native(rows)
    first = next(iter(native.values()))
    for row in rows:
        label = row.label
        ours = native.get(label.name.replace(SYNC, NATIVE), first)
        faster = None if row is ours else times_faster(ours, row)
        yield Figure(label.name, label.search, label.envs, row.per_cpu, row.per_wall, faster)


def tables(report: Report) -> list[Table]:
    """Lay a run out, with a table for each size of graphs and one of preparing."""
    graphs = dict.fromkeys(figure.graphs for figure in report.figures)
    laid = [_steps_table([f for f in report.figures if f.graphs == size]) for size in graphs]
    return [*laid, _first_table(report.first_times)]


def _first_table(rows: Sequence[FirstTime]) -> Table:
    table = Table(title="Questions that are played for the first time", title_justify="left")
    for name in ("Graphs", "Form"):
        table.add_column(name)
    for name in ("CPU ms to prepare", "Steps per CPU second"):
        table.add_column(name, justify="right")
    for row in rows:
        figures = f"{row.preparation_ms:.1f}", f"{row.per_cpu:,.0f}"
        table.add_row(row.graphs, row.name, *figures)
    return table


def _steps_table(figures: Sequence[Figure]) -> Table:
    table = Table(title=f"Steps a second, one core: {figures[0].graphs}", title_justify="left")
    table.add_column("Side")
    for name in ("Envs", "Per CPU second", "Per second", "Native is x faster"):
        table.add_column(name, justify="right")
    for figure in figures:
        table.add_row(
            figure.name,
            str(figure.envs),
            _number(figure.per_cpu, ",.0f"),
            _number(figure.per_wall, ",.0f"),
            _number(figure.native_is_faster, ",.2f"),
        )
    return table


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this process, with the threads that libraries have begun, on one core; on Linux only.

    BLAS is told to use one thread, where threadpoolctl is installed: its threads wait busily, which
    would be counted. (OMP_NUM_THREADS=1 does the same.)
    """
    with ExitStack() as stack:
        with suppress(ImportError):
            stack.enter_context(import_module("threadpoolctl").threadpool_limits(1))
        if hasattr(os, "sched_setaffinity"):
            for name in os.listdir("/proc/self/task"):
                thread, cores = int(name), os.sched_getaffinity(int(name))
                stack.callback(os.sched_setaffinity, thread, cores)
                os.sched_setaffinity(thread, {max(cores)})
        yield


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the tables, and write the JSON file where one is asked for."""
    given = _parser().parse_args(arguments)
    with one_core():
        report = measure(
            envs=given.num_envs,
            questions=given.questions,
            steps=given.steps,
            rounds=given.rounds,
            seconds=given.seconds,
        )
    console = Console(width=None if sys.stdout.isatty() else 120)
    for table in tables(report):
        console.print(table)
    if given.json:
        with atomic_write(given.json) as file:
            file.write(to_json(report))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hopgym.benchmarks.speed.kg", allow_abbrev=False)
    parser.add_argument("--num-envs", type=_count, default=ENVS, metavar="N")
    parser.add_argument("--questions", type=_count, default=QUESTIONS, metavar="N")
    parser.add_argument("--steps", type=_count, default=STEPS, metavar="N", help="in an episode")
    parser.add_argument("--rounds", type=_count, default=ROUNDS, metavar="N")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each side in a round")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    return parser


if __name__ == "__main__":
    main()
