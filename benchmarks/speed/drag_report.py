"""What the speed benchmark of D-RAG's phase 1 tells: its figures, and its tables."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from .drag_workload import BUILT, STEP
from .rounds import Cost, Row

WHOLE = 27_613
"""Training questions of ComplexWebQuestions in the first public implementation."""
THEIRS = (
    "The first public implementation tells about 3.5 minutes on an A100 for ten epochs of them, with "
    "a loop over questions: some 1,300 a second. That figure is theirs; for ten epochs it is not "
    "credible, and it may be meant for one."
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One side: medians over the rounds."""

    name: str
    group: str
    """The precision and the threads; sides are compared within these."""
    batch: int
    per_cpu: float | None
    """Questions per CPU second; None on a GPU."""
    per_wall: float
    times_cpu: list[float] | None
    """CPU seconds of single graphs against this side's: the median, the least, the greatest."""
    times_wall: list[float]
    of_peak: float | None
    """The share of the rate at which a large product of matrices is made; None where none is."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """One pass over new questions."""

    group: str
    batch: int
    samples: int
    preparing: tuple[float, float]
    """CPU and wall seconds until a question's first batch can be built; done once, for all epochs."""
    training: tuple[float, float]
    whole: tuple[float, float]
    """The same of all questions, for one epoch, preparation included."""
    load: float | None
    """Processes that wanted a core in the last minute, this one included."""


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of a run."""

    machine: dict[str, Any]
    device: str
    facts: int
    relations: int
    parameters: int
    operations: dict[int, float]
    """Millions of operations for a question, in products of matrices, by batch."""
    rounds: int
    figures: list[Figure]
    epochs: list[Epoch]


def groups(rows: Sequence[Row]) -> list[list[Row]]:
    """Return the rows of each group of sides that are compared."""
    names = dict.fromkeys(row.label.search for row in rows)
    return [[row for row in rows if row.label.search == name] for name in names]


def compare(rows: Sequence[Row], work: dict[int, float], device: str) -> list[Figure]:
    """Return the figures of a group of sides, of which the first trains on single graphs.

    Args:
        rows: Sides; the last makes bare products, a million operations in a step.
        work: Millions of operations for a question, by batch.
        device: Where. A GPU's seconds are no CPU seconds.
    """
    *trained, bare = rows
    on_cpu = not device.startswith("cuda")
    clock = "cpu" if on_cpu else "wall"
    figures = []
    for row in trained:
        label, single = row.label, trained[0]
        made = work[label.envs if label.name == STEP else 1]
        peak = statistics.median(_ratios(row, bare, clock))
        figures.append(
            Figure(
                label.name,
                label.search,
                label.envs,
                row.per_cpu if on_cpu else None,
                row.per_wall or 0.0,
                _spread(_ratios(row, single, "cpu")) if on_cpu else None,
                _spread(_ratios(row, single, "wall")),
                None if label.name == BUILT else made * peak,
            )
        )
    return figures


def _ratios(row: Row, than: Row, clock: str) -> list[float]:
    """Return how many times the steps of another row a row makes, round by round."""
    return [
        _rate(one, clock) / _rate(other, clock)
        for one, other in zip(row.costs, than.costs, strict=True)
    ]


def _rate(cost: Cost, clock: str) -> float:
    return cost.steps / max(float(getattr(cost, clock)), 1e-9)


def _spread(values: Sequence[float]) -> list[float]:
    return [statistics.median(values), min(values), max(values)]


def tables(report: Report) -> list[Table]:
    """Lay a run out, with a table for each precision and number of threads, and one of epochs."""
    names = dict.fromkeys(figure.group for figure in report.figures)
    laid = [_table(report, [f for f in report.figures if f.group == name]) for name in names]
    return [*laid, _epochs_table(report.epochs)] if report.epochs else laid


def _table(report: Report, figures: Sequence[Figure]) -> Table:
    title = (
        f"Phase 1 on {report.device}, {figures[0].group}: graphs of {report.facts} facts and "
        f"{report.relations} relations, {report.parameters / 1e6:.1f}M weights (median of "
        f"{report.rounds})"
    )
    table = Table("Side", title=title, title_justify="left")
    for name in ("Batch", "Per CPU second", "Per second", "x single, CPU", "x single", "Of peak"):
        table.add_column(name, justify="right")
    for figure in figures:
        table.add_row(
            figure.name,
            str(figure.batch),
            "-" if figure.per_cpu is None else f"{figure.per_cpu:,.0f}",
            f"{figure.per_wall:,.0f}",
            "-" if figure.times_cpu is None else f"{figure.times_cpu[0]:.1f}",
            f"{figure.times_wall[0]:.1f}",
            "-" if figure.of_peak is None else f"{figure.of_peak:.0%}",
        )
    return table


def _epochs_table(epochs: Sequence[Epoch]) -> Table:
    title = f"One epoch of {WHOLE:,} questions, from a measured pass over {epochs[0].samples:,}"
    table = Table("", title=title, title_justify="left", caption=THEIRS, caption_justify="left")
    for name in ("Batch", "ms to prepare", "ms to train", "CPU minutes", "Minutes", "Load"):
        table.add_column(name, justify="right")
    for each in epochs:
        milliseconds = [1000 * part[0] / each.samples for part in (each.preparing, each.training)]
        minutes = [seconds / 60 for seconds in each.whole]
        table.add_row(
            each.group,
            str(each.batch),
            *(f"{value:.2f}" for value in [*milliseconds, *minutes]),
            "-" if each.load is None else f"{each.load:.1f}",
        )
    return table
