"""What running a plan's searches at the same time is worth, with sources that take their time.

An 8-node plan of depth 2 over three sources, in one environment and in a vector of many, beside the
same searches made one after the other; and steps per second where sources take no time at all.

    python -m hopgym.benchmarks.speed.dag [--milliseconds 200] [--num-envs 1 8 64] [--rounds 5]
        [--json FILE]

The critical path is the depth times what a source takes: no execution can be quicker. Rounds time
all sides one right after the other; figures are medians.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ...core import Document, to_json
from ...envs.dag_search import DagSearchVectorEnv
from ...envs.grammars.dag import DagGrammar
from ...envs.grammars.tools import TOOLS
from ...envs.plans import Node
from ...files import atomic_write
from ...retrieval.base import Hits, Immutable
from .env_steps import _count
from .workload import SpeedQuestions

NODES, DEPTH = 8, 2
ROUNDS = 5
PLAYED = 200
"""Episodes of a round where sources take no time."""


class Slow(Immutable):
    """A source that takes the same time for every batch, and finds something for each query."""

    def __init__(self, name: str, seconds: float) -> None:
        self.name, self.seconds = name, seconds
        self.fingerprint = f"slow-{name}-{seconds}"
        self.in_process = not seconds  # then nobody is waited for, as in memory

    def search(self, queries: Sequence[str], k: int) -> Hits:
        """Wait, then answer each query with one document."""
        time.sleep(self.seconds)
        found = [[Document(f"{self.name}:{query}", query, f"{query}.")] for query in queries]
        return Hits(found, [[1.0]] * len(queries))


@dataclass(frozen=True, slots=True)
class Figure:
    """One row: what it took, the median over the rounds."""

    name: str
    envs: int
    seconds: float
    against: float
    """Times the critical path."""


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of a run."""

    milliseconds: float
    rounds: int
    waiting: list[Figure]
    steps_per_second: dict[str, float]
    """Where sources take no time, by the number of sub-environments; plans and answers count."""


def write_plan() -> str:
    """Write the plan: four searches, and four that each build on one of them."""
    labels = "ABCDEFGH"
    first = [Node(label, f"topic {label}", TOOLS[n % 3]) for n, label in enumerate(labels[:4])]
    then = [
        Node(label, f"more of {{{labels[n]}}} {label}", TOOLS[n % 3])
        for n, label in enumerate(labels[4:])
    ]
    return DagGrammar().write_plan("I search.", [*first, *then])


def measure(seconds: float, num_envs: Sequence[int], rounds: int) -> Report:
    """Time every side in every round.

    Args:
        seconds: What a source takes for a batch.
        num_envs: Sub-environments of the vector environments.
        rounds: How often.
    """
    sides: dict[tuple[str, int], Callable[[], None]] = {
        ("one search after the other", 1): lambda: _one_by_one(seconds),
        **{("layer by layer, at the same time", n): _side(n, seconds) for n in num_envs},
    }
    times: dict[tuple[str, int], list[float]] = {side: [] for side in sides}
    quick = {n: _side(n, 0.0) for n in num_envs}
    rates: dict[int, list[float]] = {n: [] for n in num_envs}
    for play in quick.values():
        play()
    for _ in range(rounds):
        for side, play in sides.items():
            times[side].append(_timed(play))
        for n, play in quick.items():
            turns = max(1, PLAYED // n)
            taken = _timed(lambda play=play, turns=turns: [play() for _ in range(turns)])  # type: ignore[misc]
            rates[n].append(2 * n * turns / taken)
    path = DEPTH * seconds
    figures = [
        Figure(*side, statistics.median(taken), statistics.median(taken) / path)
        for side, taken in times.items()
    ]
    speeds = {str(n): statistics.median(rate) for n, rate in rates.items()}
    return Report(1000 * seconds, rounds, figures, speeds)


def _one_by_one(seconds: float) -> None:
    source = Slow("one", seconds)
    for n in range(NODES):
        source.search([f"topic {n}"], 3)


def _side(num_envs: int, seconds: float) -> Callable[[], None]:
    """Return what plays one whole episode in every sub-environment."""
    sources: dict[str, Any] = {tool: Slow(tool, seconds) for tool in TOOLS}
    env = DagSearchVectorEnv(
        num_envs,
        questions=SpeedQuestions(),
        retriever="empty",
        sources=sources,
        reward="f1",
        autoreset_mode="Disabled",
    )
    plan, answer = write_plan(), "<answer>unknown</answer>"

    def play() -> None:
        env.reset(seed=0)
        infos = env.step([plan] * num_envs)[-1]
        if any(infos["parse_error"]):
            raise AssertionError(f"The plan was refused: {infos['parse_error']}.")
        env.step([answer] * num_envs)

    return play


def _timed(play: Callable[[], Any]) -> float:
    started = time.perf_counter()
    play()
    return time.perf_counter() - started


def tables(report: Report) -> list[Table]:
    """Return the tables of a run."""
    waiting = Table(
        "Execution",
        "Envs",
        "Seconds",
        "x critical path",
        title=_title(report),
        title_justify="left",
    )
    for figure in report.waiting:
        waiting.add_row(
            figure.name, str(figure.envs), f"{figure.seconds:.3f}", f"{figure.against:.2f}"
        )
    speed = Table("Envs", "Steps a second", title="Sources that take no time", title_justify="left")
    for envs, rate in report.steps_per_second.items():
        speed.add_row(envs, f"{rate:,.0f}")
    return [waiting, speed]


def _title(report: Report) -> str:
    return (
        f"{NODES} searches, depth {DEPTH}, sources that take {report.milliseconds:.0f} ms "
        f"(median of {report.rounds})"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the tables, and write the JSON file where one is asked for."""
    given = _parser().parse_args(arguments)
    report = measure(given.milliseconds / 1000, given.num_envs, given.rounds)
    console = Console(width=None if sys.stdout.isatty() else 120)
    for table in tables(report):
        console.print(table)
    if given.json:
        with atomic_write(given.json) as file:
            file.write(to_json(report))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hopgym.benchmarks.speed.dag", allow_abbrev=False)
    parser.add_argument("--milliseconds", type=_count, default=200, metavar="N")
    parser.add_argument("--num-envs", type=_count, nargs="+", default=(1, 8, 64), metavar="N")
    parser.add_argument("--rounds", type=_count, default=ROUNDS, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    return parser


if __name__ == "__main__":
    main()
