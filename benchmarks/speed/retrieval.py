"""How fast are the retrievers, beside the bare libraries that they stand on?

Every contender works in a process of its own, on the same passages and queries. The searching is
done in rounds, everyone's right after the other's, so that a busy machine slows all of them;
figures are medians over the rounds, ratios are taken round by round.

    python -m hopgym.benchmarks.speed.retrieval [--sizes 100000 1000000] [--only NAME ...]
        [--rounds 5] [--json FILE]
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

import msgspec
import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from ...files import atomic_write
from . import contender_process as process
from .contender_process import ContenderProcess
from .contenders import CONTENDERS

SIZES = (100_000, 1_000_000)
ROUNDS = 5
SECONDS = 1.0
QUERIES = 2_000
SINGLE = 200
SLOW = {"rank_bm25": 100_000}
"""Up to how many passages the slow ones are asked."""
BESIDE = {
    "hopgym bm25": "bm25s, numba",
    "hopgym bm25, NumPy": "bm25s, NumPy",
    "hopgym tantivy": "tantivy",
    "hopgym tfidf": "scikit-learn TF-IDF",
    "hopgym dense": "FAISS",
}
"""The bare library that each of ours is compared with."""


@dataclass(slots=True)
class Speed:
    """One contender at one size; times in seconds, memory in MB."""

    name: str
    passages: int
    build_s: float | None = None
    build_mb: float | None = None
    """The peak of memory while building, the passages and Python included."""
    index_mb: float | None = None
    load_s: float | None = None
    """Imports included."""
    first_s: float | None = None
    """The first query after loading."""
    search_mb: float | None = None
    """The peak of memory of a process that loads and searches."""
    singles: list[float] = field(default_factory=list)
    """Milliseconds of queries asked alone."""
    batches: list[float] = field(default_factory=list)
    """Queries a second, round by round."""
    failure: str = ""

    @property
    def per_second(self) -> float | None:
        """Queries a second in batches, the median over the rounds."""
        return statistics.median(self.batches) if self.batches else None

    def percentile(self, percent: float) -> float | None:
        """Return milliseconds that so many of the queries asked alone stay below."""
        return float(np.percentile(self.singles, percent)) if self.singles else None


def measure(
    size: int, names: Sequence[str], rounds: int = ROUNDS, seconds: float = SECONDS
) -> list[Speed]:
    """Measure these contenders on so many passages."""
    speeds = [Speed(name, size) for name in names if size <= SLOW.get(name, size)]
    home = Path(tempfile.mkdtemp(prefix="hopgym-speed-"))
    runners = []
    try:
        for speed in track(speeds, f"Building for {size:,} passages"):
            runners.append(ContenderProcess(speed.name))
            _build(speed, runners[-1], home / str(len(runners)))
        counts = [_warm_up(*pair, seconds) for pair in zip(speeds, runners, strict=True)]
        for _ in track(range(rounds), f"Searching {size:,} passages"):
            for speed, runner, count in zip(speeds, runners, counts, strict=True):
                speed.batches += filter(None, [runner.ask(process.batch, count)])
                speed.singles += runner.ask(process.one_by_one, min(count, SINGLE)) or []
        for speed, runner in zip(speeds, runners, strict=True):
            speed.search_mb = runner.ask(process.peak_mb)
            speed.failure = runner.failure
    finally:
        for runner in runners:
            runner.close()
        shutil.rmtree(home)
    return speeds


def _build(speed: Speed, runner: ContenderProcess, folder: Path) -> None:
    folder.mkdir()
    built = runner.ask(process.build, speed.passages, folder)
    if built is None:
        return
    speed.build_s, speed.build_mb = built
    if CONTENDERS[speed.name]().saves:
        files = [file for file in folder.rglob("*") if file.is_file()]
        speed.index_mb = sum(file.stat().st_size for file in files) / 1e6
        runner.renew()
        speed.load_s = runner.ask(process.open_index, folder)


def _warm_up(speed: Speed, runner: ContenderProcess, seconds: float) -> int:
    speed.first_s, count = runner.ask(process.warm_up, seconds, QUERIES) or (None, 1)
    return int(count)


def ratio(ours: Speed, bare: Speed) -> float | None:
    """How many times the queries of another one answers, the median over the rounds."""
    pairs = list(zip(ours.batches, bare.batches, strict=False))
    return statistics.median(a / b for a, b in pairs) if pairs else None


def show(speeds: Sequence[Speed]) -> Table:
    """Lay out the figures of one size."""
    table = Table(title=f"{speeds[0].passages:,} passages" if speeds else "")
    table.add_column("", no_wrap=True)
    for name in (
        "build s", "peak MB", "index MB", "load s", "first s", "MB", "p50 ms", "p99 ms",
        "queries/s", "x bare",
    ):  # fmt: skip
        table.add_column(name, justify="right", no_wrap=True)
    by_name = {speed.name: speed for speed in speeds}
    for speed in speeds:
        bare = by_name.get(BESIDE.get(speed.name, ""))
        figures = [
            _written(speed.build_s, 1),
            _written(speed.build_mb, 0),
            _written(speed.index_mb, 0),
            _written(speed.load_s, 2),
            _written(speed.first_s, 3),
            _written(speed.search_mb, 0),
            _written(speed.percentile(50), 2),
            _written(speed.percentile(99), 2),
            _written(speed.per_second, 0),
            _written(ratio(speed, bare) if bare else None, 2),
        ]
        table.add_row(speed.name, *([speed.failure[:60]] if speed.failure else figures))
    return table


def _written(figure: float | None, places: int) -> str:
    return "" if figure is None else f"{figure:,.{places}f}"


def write_json(path: Path, speeds: Sequence[Speed]) -> None:
    """Write the figures and what they were measured on."""
    libraries = ("numpy", "bm25s", "numba", "tantivy", "faiss-cpu", "scikit-learn", "rank-bm25")
    machine = {
        "python": platform.python_version(),
        "system": platform.system(),
        "cores": os.cpu_count(),
        **{name: version(name) for name in libraries},
    }
    told = {"machine": machine, "speeds": [asdict(speed) for speed in speeds]}
    with atomic_write(path) as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of passages")
    parser.add_argument(
        "--only", nargs="+", default=list(CONTENDERS), choices=CONTENDERS, metavar="NAME",
        help=f"some of: {', '.join(CONTENDERS)}",
    )  # fmt: skip
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of a round, each")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    given = parser.parse_args(arguments)
    console, everything = Console(), []
    console.width = max(console.width, 120)
    for size in given.sizes:
        speeds = measure(size, given.only, given.rounds, given.seconds)
        console.print(show(speeds))
        everything += speeds
    if given.json is not None:
        write_json(given.json, everything)


if __name__ == "__main__":
    main()
