"""What a run of the speed benchmark says: its tables and its JSON file."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
from rich.table import Table

from ...files import atomic_write
from .rounds import Row, per_step, times_faster
from .sides import bm25_group

REFERENCE = "GEM QaEnv"
"""The peer that the others are compared with."""
STEPS_PER_QUERY = 1.5
"""An episode is two queries and an answer."""


@dataclass(frozen=True, slots=True)
class StepsRow:
    """How fast one side is."""

    name: str
    search: str
    envs: int
    per_cpu: float | None
    """Steps per CPU second; None where the work is done in other processes."""
    per_wall: float | None
    times_reference: float | None
    """Steps per CPU second against the reference's, with the same search."""
    failure: str


@dataclass(frozen=True, slots=True)
class QueryRow:
    """What one query costs in an environment, beside the bare library."""

    documents: int
    envs: int
    per_cpu: float
    """Steps per CPU second."""
    per_wall: float
    env_ms: float
    """CPU milliseconds for a query and its share of answers and resets."""
    search_ms: float
    """The retriever alone."""
    bare_ms: float
    """The library bm25s alone."""
    ratio: float
    """The whole of a query against the bare library."""
    overhead: float
    """What the environment adds to its retriever, as a part of the bare library's cost."""


@dataclass(frozen=True, slots=True)
class LengthRow:
    """What one step costs where transcripts grow long."""

    chars: int
    step_us: float
    per_char_ns: float
    """CPU nanoseconds of a step for each character of the final transcript."""
    times_shortest: float
    """A step against a step of the shortest transcripts."""


@dataclass(frozen=True, slots=True)
class Report:
    """All that was measured."""

    machine: dict[str, Any]
    rounds: int
    steps: list[StepsRow]
    queries: list[QueryRow]
    lengths: list[LengthRow]

    def write(self, path: str | Path) -> None:
        """Write it as JSON."""
        with atomic_write(path) as stream:
            stream.write(msgspec.json.format(msgspec.json.encode(asdict(self)), indent=2))
            stream.write(b"\n")

    def tables(self) -> list[Table]:
        """Lay it out, leaving out tables without a row."""
        laid = [steps_table(self.steps), queries_table(self.queries), lengths_table(self.lengths)]
        return [table for table in laid if table.row_count]


def make_report(
    rows: Sequence[Row], documents: Sequence[int], num_envs: Sequence[int], rounds: int
) -> Report:
    """Turn the rows of a race into a report."""
    return Report(
        _machine(),
        rounds,
        list(_steps_rows(rows)),
        [_queries_row(rows, size, count) for size in documents for count in num_envs],
        list(_lengths_rows(rows)),
    )


def _steps_rows(rows: Sequence[Row]) -> Iterator[StepsRow]:
    for row in rows:
        search = row.label.search
        if search.endswith("queries") or search == "long documents":
            continue
        gem = [r for r in rows if r.label.name.startswith(REFERENCE) and r.label.search == search]
        yield StepsRow(
            row.label.name,
            search,
            row.label.envs,
            row.per_cpu,
            row.per_wall,
            times_faster(row, gem[0]) if gem else None,
            row.failure,
        )


def _queries_row(rows: Sequence[Row], size: int, count: int) -> QueryRow:
    group = bm25_group(size)
    whole, alone, bare = (
        next(
            row
            for row in rows
            if (row.label.name, row.label.search, row.label.envs) == (name, search, count)
        )
        for name, search in (
            ("SearchRead, native vector", group),
            ("BM25Retriever", f"{group} queries"),
            ("bm25s", f"{group} queries"),
        )
    )
    trios = [
        (STEPS_PER_QUERY * per_step(a), per_step(b), per_step(c))
        for a, b, c in zip(whole.costs, alone.costs, bare.costs, strict=True)
    ]
    env_ms, search_ms, bare_ms = (
        1000 * statistics.median(column) for column in zip(*trios, strict=True)
    )
    return QueryRow(
        size,
        count,
        whole.per_cpu or 0.0,
        whole.per_wall or 0.0,
        env_ms,
        search_ms,
        bare_ms,
        ratio=statistics.median(a / c for a, _, c in trios),
        overhead=statistics.median((a - b) / c for a, b, c in trios),
    )


def _lengths_rows(rows: Sequence[Row]) -> Iterator[LengthRow]:
    long = [row for row in rows if row.label.search == "long documents"]
    for row in long:
        step = statistics.median(map(per_step, row.costs))
        pairs = zip(row.costs, long[0].costs, strict=True)
        yield LengthRow(
            row.label.chars,
            1e6 * step,
            1e9 * step / row.label.chars,
            statistics.median(per_step(one) / per_step(other) for one, other in pairs),
        )


def steps_table(rows: Sequence[StepsRow]) -> Table:
    """Lay out the speeds."""
    table = Table(title="Steps per second; an episode is two queries and an answer")
    for name in ("", "search"):
        table.add_column(name)
    for name in ("envs", "per CPU second", "per second", "x GEM"):
        table.add_column(name, justify="right")
    for row in rows:
        if row.failure:
            table.add_row(row.name, row.failure, "", "", "", "")
            continue
        table.add_row(
            row.name,
            row.search,
            str(row.envs),
            _number(row.per_cpu),
            _number(row.per_wall),
            "-" if row.times_reference is None else f"{row.times_reference:.2f}",
        )
    return table


def queries_table(rows: Sequence[QueryRow]) -> Table:
    """Lay out what a query costs."""
    table = Table(title="SearchRead with BM25: CPU milliseconds per query, beside bare bm25s")
    for name in ("documents", "envs", "steps per CPU second", "per second"):
        table.add_column(name, justify="right")
    for name in ("SearchRead", "its retriever", "bm25s", "ratio", "overhead"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(
            f"{row.documents:,}",
            str(row.envs),
            _number(row.per_cpu),
            _number(row.per_wall),
            f"{row.env_ms:.3f}",
            f"{row.search_ms:.3f}",
            f"{row.bare_ms:.3f}",
            f"{row.ratio:.2f}",
            f"{row.overhead:.0%}",
        )
    return table


def lengths_table(rows: Sequence[LengthRow]) -> Table:
    """Lay out what length costs."""
    table = Table(title="SearchRead: a step, as transcripts grow long")
    for name in ("final characters", "microseconds per step", "ns per character", "x shortest"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(
            f"{row.chars:,}",
            f"{row.step_us:.1f}",
            f"{row.per_char_ns:.1f}",
            f"{row.times_shortest:.2f}",
        )
    return table


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"


def _machine() -> dict[str, Any]:
    libraries = ("gymnasium", "numpy", "bm25s")
    return {
        "python": platform.python_version(),
        "system": platform.system(),
        "cores": os.cpu_count(),
        **{name: version(name) for name in libraries},
    }
