"""Time to the first token and memory against the length of the context.

Tiny models of random weights and like size, a transformer, Mamba-2 and a hybrid of both, read 1k to
16k tokens plainly; `compress` reads the same with the same decoders, a vector for every k tokens,
nothing or a share of it expanded, its vectors computed on the way or before. Then the memory of a
training step, with gradient checkpointing and without.

    python -m hopgym.benchmarks.speed.context [--lengths 1024 2048 4096 8192 16384]
        [--train-lengths 1024 2048 4096] [--compress transformer] [--expand 0 0.25] [--k 16]
        [--chunk 64] [--rounds 3] [--threads 1] [--device cpu] [--svg FILE] [--json FILE]

Each measurement has a process of its own, whose peak memory is read; every round measures all of them
once, in an order of its own, and medians are told, on the clock and of CPU time.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from ...core import to_json
from ...errors import require
from ...files import atomic_write
from ...seeding import rng_for
from ..ppo_memory import _PLAIN_MALLOC
from .context_plot import context_svg
from .context_probe import PATTERNS, Plan, Point
from .env_steps import _count
from .report import _machine

LENGTHS, TRAIN_LENGTHS = (1024, 2048, 4096, 8192, 16384), (1024, 2048, 4096)
EXPAND, ROUNDS = (0.0, 0.25), 3


@dataclass(frozen=True, slots=True)
class Line:
    """One way of reading, over all lengths."""

    name: str
    decoder: str
    kind: str
    """`plain`, `compress` or `train`."""
    lengths: list[int]
    points: list[Point]


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of a run."""

    machine: dict[str, Any]
    device: str
    threads: int
    rounds: int
    k: int
    chunk: int
    lines: list[Line]


def plans(
    *,
    lengths: Sequence[int] = LENGTHS,
    train_lengths: Sequence[int] = TRAIN_LENGTHS,
    compress: Sequence[str] = ("transformer",),
    expand: Sequence[float] = EXPAND,
    **common: Any,
) -> dict[tuple[str, str, str], list[Plan]]:
    """Return what is measured: by name, decoder and kind, a plan for each length."""
    made: dict[tuple[str, str, str], list[Plan]] = {}
    for decoder in PATTERNS:
        made[decoder, decoder, "plain"] = [
            Plan(decoder=decoder, tokens=n, **common) for n in lengths
        ]
    for decoder, share, cached in (
        (decoder, share, cached)
        for decoder in compress
        for cached in (False, True)
        for share in expand
    ):
        name = f"{decoder}, p={share:g}{', precomputed' if cached else ''}"
        made[name, decoder, "compress"] = [
            Plan(decoder=decoder, tokens=n, expand=share, cached=cached, **common) for n in lengths
        ]
    for decoder in PATTERNS:
        for kept in (False, True):
            name = f"{decoder}{', checkpointing' if kept else ''}"
            made[name, decoder, "train"] = [
                Plan(decoder=decoder, tokens=n, train=True, checkpointing=kept, **common)
                for n in train_lengths
            ]
    return {key: value for key, value in made.items() if value}


def measure(*, rounds: int = ROUNDS, console: Console | None = None, **given: Any) -> Report:
    """Measure all plans in every round.

    Args:
        rounds: How often.
        console: Is told of each round.
        given: What `plans` takes, and the fields of `Plan` that are alike for all.
    """
    torch, made = require("torch", "llm"), plans(**given)
    first = next(iter(made.values()))[0]
    found: dict[Plan, list[Point]] = {}
    everything = [plan for each in made.values() for plan in each]
    for number in range(rounds):
        if console is not None:
            console.print(f"round {number + 1} of {rounds}: {len(everything)} measurements")
        for place in rng_for(0, "context rounds", number).permutation(len(everything)):
            plan = everything[place]
            found.setdefault(plan, []).append(measured(plan))
    lines = [
        Line(*key, [plan.tokens for plan in each], [medians(found[plan]) for plan in each])
        for key, each in made.items()
    ]
    machine = {**_machine(), "torch": str(torch.__version__)}
    return Report(machine, first.device, first.threads, rounds, first.k, first.chunk, lines)


def measured(plan: Plan) -> Point:
    """Measure in a process of its own.

    Raises:
        RuntimeError: If it fails; with what it said.
    """
    threads = {"OMP_NUM_THREADS": str(plan.threads)}
    done = subprocess.run(
        [sys.executable, "-m", "hopgym.benchmarks.speed.context_probe"],
        input=msgspec.json.encode(asdict(plan)),
        env={**os.environ, **_PLAIN_MALLOC, **threads},
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"Measuring {plan} failed: {done.stderr.decode()[-2000:]}")
    return msgspec.json.decode(done.stdout, type=Point)


def medians(points: Sequence[Point]) -> Point:
    """Return the medians of one plan's points.

    >>> medians([Point(1.0, 1.0, 10, 5, 7), Point(3.0, 2.0, 30, 5, 7), Point(2.0, 9.0, 20, 5, 7)])
    Point(seconds=2.0, cpu_seconds=2.0, peak=20, columns=5, weights=7)
    """
    return Point(
        statistics.median(point.seconds for point in points),
        statistics.median(point.cpu_seconds for point in points),
        int(statistics.median(point.peak for point in points)),
        points[0].columns,
        points[0].weights,
    )


def tables(report: Report) -> Iterator[Table]:
    """Lay out the figures: seconds, memory, and what compress saves."""
    told = f"{report.device}, {report.threads} thread{'s' * (report.threads != 1)}"
    reading = [line for line in report.lines if line.kind != "train"]
    for title, value in (
        ("seconds on the clock to the first token", lambda p: _number(p.seconds)),
        ("CPU seconds to the first token", lambda p: _number(p.cpu_seconds)),
        ("peak memory, MiB", lambda p: f"{p.peak / 2**20:,.0f}"),
        ("words and vectors read", lambda p: f"{p.columns:,}"),
    ):
        yield _table(f"{title} ({told}, k={report.k})", reading, value)
    training = [line for line in report.lines if line.kind == "train"]
    if training:
        size = lambda p: f"{p.peak / 2**20:,.0f} ({_number(p.cpu_seconds)} s)"  # noqa: E731
        yield _table("a training step: peak memory, MiB (CPU seconds)", training, size)
    if any(line.kind == "compress" for line in report.lines):
        yield gains_table(report)


def gains_table(report: Report) -> Table:
    """Lay out how many times sooner, and in how much less memory, than plain reading."""
    plain = {line.decoder: line for line in report.lines if line.kind == "plain"}
    lines = [line for line in report.lines if line.kind == "compress"]
    table = Table(
        "plain reading over compress", *(f"{n:,}" for n in lines[0].lengths),
        title="times the CPU seconds, times the memory", title_justify="left",
    )  # fmt: skip
    for line in lines:
        against = plain[line.decoder].points
        cells = [
            f"{p.cpu_seconds / own.cpu_seconds:.1f}, {p.peak / max(own.peak, 1):.1f}"
            for p, own in zip(against, line.points, strict=True)
        ]
        table.add_row(line.name, *cells)
    return table


def _table(title: str, lines: Sequence[Line], value: Any) -> Table:
    table = Table(
        "", "weights", *(f"{n:,}" for n in lines[0].lengths), title=title, title_justify="left"
    )
    for column in table.columns[1:]:
        column.justify = "right"
    for line in lines:
        weights = f"{line.points[0].weights / 1e6:.1f} M"
        table.add_row(line.name, weights, *map(value, line.points))
    return table


def _number(value: float) -> str:
    return f"{value:.3g}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the tables, draw the plot, and write the files that are asked for."""
    given = vars(_parser().parse_args(arguments))
    svg, file = given.pop("svg"), given.pop("json")
    console = Console(width=None if sys.stdout.isatty() else 140)
    report = measure(console=console, **given)
    for table in tables(report):
        console.print(table)
    if svg:
        with atomic_write(svg) as stream:
            stream.write(context_svg(report.lines, report.k).encode())
    if file:
        with atomic_write(file) as stream:
            stream.write(to_json(report))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hopgym.benchmarks.speed.context", allow_abbrev=False)
    parser.add_argument("--lengths", nargs="+", type=_count, default=list(LENGTHS), metavar="N")
    parser.add_argument("--train-lengths", nargs="*", type=_count, default=list(TRAIN_LENGTHS))
    names = list(PATTERNS)
    parser.add_argument("--compress", nargs="*", choices=names, default=["transformer"])
    parser.add_argument("--expand", nargs="+", type=float, default=list(EXPAND), metavar="P")
    parser.add_argument("--k", type=_count, default=16, help="tokens of a chunk")
    parser.add_argument("--chunk", type=_count, default=64, help="tokens Mamba reads at once")
    parser.add_argument("--rounds", type=_count, default=ROUNDS, metavar="N")
    parser.add_argument("--threads", type=_count, default=1, metavar="N")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw the plot here")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    return parser


if __name__ == "__main__":
    main()
