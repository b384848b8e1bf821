"""Days of play in minutes: does memory stay flat, and is nothing left open?

All environments are played in turn, round by round, natively vectorised, one by one, and in worker
processes that are closed and opened again. After the warm-up, in which caches fill, the memory in
use may not grow by 5 MB, and no file, thread or process may be left.

    python -m hopgym.benchmarks.soak [--steps 10000000] [--rounds 100] [--legs facts search]
        [--json FILE] [--svg FILE]

Status 1 if something leaks. Linux alone: figures are read from /proc (see `footprint`).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from ..agents.bar import Bar
from ..errors import ConfigError, require
from ..files import atomic_write
from .footprint import Footprint, footprint
from .soak_legs import Leg, Player, default_legs

STEPS, ROUNDS = 10_000_000, 100
WARM_UP = 0.2
"""The share of the rounds in which caches may fill."""

MOST_GROWTH = 5.0
"""Megabytes after the warm-up."""


@dataclass
class Soak:
    """What was measured: after each round, and of each leg."""

    steps: list[int] = field(default_factory=list)
    """Taken so far, after each round."""
    seconds: list[float] = field(default_factory=list)
    footprints: list[Footprint] = field(default_factory=list)
    legs: dict[str, dict[str, float]] = field(default_factory=dict)
    """Name to steps, episodes and seconds."""
    closed: list[str] = field(default_factory=list)
    """What was left after all was closed: nothing, if all is well."""

    @property
    def warm(self) -> int:
        """The round after which nothing may grow."""
        return min(int(WARM_UP * len(self.footprints)), len(self.footprints) - 1)

    @property
    def growth(self) -> float:
        """Megabytes from the end of the warm-up to the end, each the median of a tenth."""
        memory = [one.memory for one in self.footprints[self.warm :]]
        few = max(len(memory) // 10, 1)
        return median(memory[-few:]) - median(memory[:few])

    @property
    def leaks(self) -> list[str]:
        """What there is too much of."""
        found = self.footprints[-1].leaks(self.footprints[self.warm]) + self.closed
        grown = [f"{self.growth:.1f} MB"] if self.growth >= MOST_GROWTH else []
        return grown + found


def soak(
    legs: Sequence[Leg],
    steps: int = STEPS,
    rounds: int = ROUNDS,
    *,
    seed: int = 0,
    tell: Callable[[Soak], None] = lambda soak: None,
) -> Soak:
    """Play all legs, round by round.

    Args:
        legs: What is played.
        steps: In all, by the legs' shares.
        rounds: Footprints are taken after each.
        seed: Of questions and scripts.
        tell: Called after each round.
    """
    whole = sum(leg.share for leg in legs)
    players = [Player(leg, seed) for leg in legs]
    before = footprint()
    measured = Soak(legs={leg.name: {"steps": 0, "episodes": 0, "seconds": 0} for leg in legs})
    began = time.perf_counter()
    taken = 0
    try:
        for done in range(1, rounds + 1):
            for player in players:
                taken += _round(player, done / rounds * steps * player.leg.share / whole, measured)
            measured.steps.append(taken)
            measured.seconds.append(time.perf_counter() - began)
            measured.footprints.append(footprint())
            tell(measured)
    finally:
        for player in players:
            player.close()
    measured.closed = [f"{what} after closing" for what in footprint().leaks(before)]
    return measured


def _round(player: Player, until: float, measured: Soak) -> int:
    """Play a leg up to a number of steps; one that is ahead waits."""
    row = measured.legs[player.leg.name]
    if row["steps"] >= until:
        return 0
    began = time.perf_counter()
    taken = player.play(int(until - row["steps"]) or 1)
    row["seconds"] += time.perf_counter() - began
    row["steps"] += taken
    row["episodes"] = player.episodes
    return taken


def tables(measured: Soak) -> list[Table]:
    """Return what each leg played, and the footprint at the beginning, warm, and at the end."""
    played = Table("Leg", "Steps", "Episodes", "Steps/s", title="Played")
    for name, row in measured.legs.items():
        speed = row["steps"] / max(row["seconds"], 1e-9)
        played.add_row(name, f"{row['steps']:,}", f"{row['episodes']:,}", f"{speed:,.0f}")
    held = Table("After", "Steps", "Memory, MB", "Files", "Threads", "Children", title="Held")
    rows = {"first round": 0, "warm-up": measured.warm, "last round": -1}
    for name, place in rows.items():
        one = measured.footprints[place]
        counts = (str(one.files), str(one.threads), str(one.children))
        held.add_row(name, f"{measured.steps[place]:,}", f"{one.memory:.1f}", *counts)
    return [played, held]


def as_dict(measured: Soak) -> dict[str, Any]:
    """Return all of it, for JSON."""
    return {
        "steps": measured.steps,
        "seconds": [round(each, 2) for each in measured.seconds],
        "footprints": [one._asdict() for one in measured.footprints],
        "legs": measured.legs,
        "warm_up_round": measured.warm,
        "growth_mb": measured.growth,
        "leaks": measured.leaks,
    }


def draw(measured: Soak, path: Path) -> None:
    """Draw memory over steps."""
    require("matplotlib", "plots").use("svg")
    figure, axes = require("matplotlib.pyplot", "plots").subplots(figsize=(7, 3))
    steps = [each / 1e6 for each in measured.steps]
    axes.plot(steps, [one.memory for one in measured.footprints], color="tab:blue")
    axes.axvspan(0, steps[measured.warm], color="0.9", label="warm-up")
    axes.set(xlabel="steps, millions", ylabel="memory, MB", xlim=(0, steps[-1]))
    axes.set_ylim(bottom=0)
    axes.legend(loc="lower right", frameon=False)
    figure.tight_layout()
    with atomic_write(path) as stream:
        figure.savefig(stream, format="svg", metadata={"Date": None})


def main(arguments: Sequence[str] | None = None) -> None:
    """Play, print the tables and the verdict, and write the files that are asked for."""
    given = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        measured = _watched(_chosen(given.legs, Path(folder)), given)
    console = Console(width=None if sys.stdout.isatty() else 100)
    for table in tables(measured):
        console.print(table)
    for path, write in ((given.json, _write_json), (given.svg, draw)):
        if path is not None:
            write(measured, path)
    told = ", ".join(measured.leaks) or "nothing leaks"
    console.print(f"{told}; memory grew by {measured.growth:.1f} MB after the warm-up")
    if measured.leaks:
        raise SystemExit(1)


def _watched(legs: Sequence[Leg], given: argparse.Namespace) -> Soak:
    with Bar() as bar:
        bar.open("soak", given.steps)

        def tell(measured: Soak) -> None:
            bar.move(measured.steps[-1])
            bar.note(f"{measured.footprints[-1].memory:.0f} MB")
            if not bar.console.is_terminal:
                seconds, one = measured.seconds[-1], measured.footprints[-1]
                bar.say(f"{measured.steps[-1]} steps, {seconds:.0f} s, {one}")
            if given.json is not None:  # so that a run that is broken off is not lost
                _write_json(measured, given.json)

        return soak(legs, given.steps, given.rounds, seed=given.seed, tell=tell)


def _chosen(names: Sequence[str] | None, folder: Path) -> list[Leg]:
    legs = default_legs(folder)
    known = [leg.name for leg in legs]
    if unknown := [name for name in names or () if name not in known]:
        raise ConfigError(f"There is no leg {unknown[0]!r}. Known: {'; '.join(known)}.")
    return [leg for leg in legs if not names or leg.name in names]


def _write_json(measured: Soak, path: Path) -> None:
    with atomic_write(path) as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(as_dict(measured)), indent=1) + b"\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hopgym.benchmarks.soak", allow_abbrev=False)
    parser.add_argument("--steps", type=_count, default=STEPS, metavar="N")
    parser.add_argument("--rounds", type=_count, default=ROUNDS, metavar="N")
    parser.add_argument("--legs", nargs="+", metavar="NAME", help="these alone")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="draw memory over steps here")
    return parser


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)


if __name__ == "__main__":
    main()
