"""Simulated fleets as a table, as Markdown, as JSON and as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec
from rich.table import Table

from ...agents.bar import Bar
from ...files import atomic_write
from ..plots import MARKERS, colour, picture
from .simulation import Fleet, simulate

COLUMNS = (
    "Replicas",
    "Workers",
    "Queries/s",
    "Bound",
    "p50, ms",
    "p99, ms",
    "Batch",
    "Busy",
    "Limit",
)


@dataclass(frozen=True)
class Row:
    """A fleet, and what its simulation came to."""

    replicas: int
    workers: int
    throughput: float
    """Queries a second."""
    bound: float
    """The most that is possible."""
    p50: float
    """Milliseconds that half of the queries wait at most."""
    p99: float
    batch: float
    busy: float
    """Share of the time in which replicas search."""
    limit: str
    """What is the narrower of the two: workers or retriever."""

    @property
    def cells(self) -> tuple[str, ...]:
        """What stands in a table."""
        return (
            str(self.replicas),
            f"{self.workers:,}",
            f"{self.throughput:,.1f}",
            f"{self.throughput / self.bound:.0%}",
            f"{self.p50:,.1f}",
            f"{self.p99:,.1f}",
            f"{self.batch:.1f}",
            f"{self.busy:.0%}",
            self.limit,
        )


def rows_of(fleets: Sequence[Fleet], seconds: float, seed: int) -> list[Row]:
    """Simulate each fleet."""
    with Bar() as bar:
        bar.open("fleets", len(fleets))
        rows = []
        for number, fleet in enumerate(fleets, 1):
            rows.append(_row(fleet, seconds, seed))
            bar.move(number)
    return rows


def _row(fleet: Fleet, seconds: float, seed: int) -> Row:
    flow = simulate(fleet, seconds, seed)
    by_replicas, by_workers = fleet.bounds
    return Row(
        fleet.replicas,
        fleet.workers,
        flow.throughput,
        min(by_replicas, by_workers),
        1000 * flow.wait(50),
        1000 * flow.wait(99),
        flow.batch,
        flow.busy / (flow.seconds * fleet.replicas),
        "retriever" if by_replicas < by_workers else "workers",
    )


def table(rows: Sequence[Row]) -> Table:
    """Return the table of the terminal."""
    shown = Table(*COLUMNS, box=None, pad_edge=False, padding=(0, 1))
    for row in rows:
        shown.add_row(*row.cells)
    return shown


def markdown(rows: Sequence[Row]) -> str:
    """Return the table as Markdown."""
    rule = ["--:"] * (len(COLUMNS) - 1) + ["---"]
    lines = [COLUMNS, rule, *(row.cells for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def write_json(path: Path, rows: Sequence[Row]) -> None:
    """Write the figures, not rounded."""
    with atomic_write(path) as stream:
        stream.write(msgspec.json.format(msgspec.json.encode([asdict(row) for row in rows])))


def picture_of(rows: Sequence[Row]) -> str:
    """Return throughput and waiting over the number of workers, a line for each number of replicas.

    Raises:
        MissingExtraError: If matplotlib is missing.
    """

    def draw(figure: Any) -> None:
        flow, wait = figure.subplots(1, 2)
        for place, replicas in enumerate(dict.fromkeys(row.replicas for row in rows)):
            these = [row for row in rows if row.replicas == replicas]
            workers = [row.workers for row in these]
            style = {"color": colour(place), "marker": MARKERS[place % len(MARKERS)]}
            label = f"{replicas} replica" + "s" * (replicas > 1)
            flow.plot(workers, [row.throughput for row in these], label=label, **style)
            flow.plot(workers, [row.bound for row in these], color=colour(place), linestyle=":")
            wait.plot(workers, [row.p99 for row in these], **style)
        flow.set(title="Queries a second (dotted: bound)", xlabel="workers")
        wait.set(title="Wait of 99 %, ms", xlabel="workers")
        for axes in (flow, wait):
            axes.set(xscale="log", yscale="log")
        flow.legend(frameon=False)

    return picture(draw, (9.0, 3.6), "fleet")
