"""Is play on two actors of Ray nearly twice as fast as in one process, and the same to the byte?

Both engines play the same episodes, one right after the other, round by round; a busy machine then
slows both. As many bare processes, which share the episodes and send nothing back, show what the
machine itself allows: two cores that share caches are not two machines. Actors and environments are
made, and played on for a moment, before any clock runs. In the last play, which is not timed, one
of the actors is killed on the way.

    python -m hopgym.benchmarks.speed.engines [--actors 2] [--episodes 4000] [--rounds 5]
        [--env hopgym/SearchRead-v0] [--agent iterative] [--json FILE]

Status 1 if any episode differs.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import statistics
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from ...agents import make_agent
from ...agents.bar import Bar
from ...agents.engines import Engine, Job, Work, make_engine
from ...agents.engines.local import LocalEngine
from ...agents.rollout import Episode
from ...envs.datasets import make_questions
from ...errors import HopgymError, require
from ...files import atomic_write

WARM_UP = 64
"""Episodes before the clock runs, for each actor."""


@dataclass
class Race:
    """What was measured."""

    episodes: int
    actors: int
    local: list[float] = field(default_factory=list)
    """Seconds of each round."""
    bare: list[float] = field(default_factory=list)
    ray: list[float] = field(default_factory=list)
    same: bool = True
    """Whether all plays gave the same episodes, but for their times."""
    killed: int = 0
    """Actors that were killed in the last play."""

    def ratio(self, seconds: Sequence[float]) -> float:
        """How many times as fast as one process: the median over the rounds."""
        return statistics.median(a / b for a, b in zip(self.local, seconds, strict=True))


def race(work: Work, actors: int, rounds: int) -> Race:
    """Let both engines play, round by round, and at last one of them with a fault."""
    found = Race(len(work.jobs), actors)
    with (
        closing(make_engine("local")) as one,
        closing(make_engine(f"ray?actors={actors}")) as many,
        ProcessPoolExecutor(actors, multiprocessing.get_context("spawn")) as pool,
    ):
        few = replace(work, jobs=work.jobs[: WARM_UP * actors])
        _play(many, few)
        _play_bare(pool, actors, few)
        expected = _play(one, work)[1]
        with Bar() as bar:
            bar.open("rounds", rounds)
            for number in range(rounds):
                for engine, seconds in ((one, found.local), (many, found.ray)):
                    spent, played = _play(engine, work)
                    seconds.append(spent)
                    found.same &= played == expected
                found.bare.append(_play_bare(pool, actors, work))
                bar.move(number + 1)
        found.same &= _play(many, work, kill=found)[1] == expected
    return found


def _play(engine: Engine, work: Work, kill: Race | None = None) -> tuple[float, dict[Job, Episode]]:
    """Return the seconds, and each episode without its own time."""
    began, played = time.perf_counter(), {}
    for episode in engine.play(work, make_agent(work.agent)):
        played[episode.job] = episode._replace(latency_s=0.0)
        if kill is not None and not kill.killed and 4 * len(played) >= len(work.jobs):
            kill.killed = _kill_one()
    return time.perf_counter() - began, played


def _play_bare(pool: ProcessPoolExecutor, processes: int, work: Work) -> float:
    """Return the seconds that bare processes take which have a share of the jobs each."""
    shares = [replace(work, jobs=work.jobs[n::processes]) for n in range(processes)]
    began = time.perf_counter()
    list(pool.map(_play_share, shares))
    return time.perf_counter() - began


def _play_share(work: Work) -> int:
    return sum(1 for _ in LocalEngine().play(work, make_agent(work.agent)))


def _kill_one() -> int:
    """Kill an actor of this machine; return how many were."""
    psutil = require("psutil", "ray")
    for process in psutil.process_iter(["cmdline"]):
        if any("ray::Host" in part for part in process.info["cmdline"] or ()):
            os.kill(process.pid, signal.SIGKILL)
            return 1
    return 0


def table(found: Race) -> Table:
    """Return the figures."""
    shown = Table("Engine", "Seconds", "Episodes/s", "Ratio", box=None, pad_edge=False)
    bare, ray = f"{found.actors} bare processes", f"ray?actors={found.actors}"
    for name, seconds in (("local", found.local), (bare, found.bare), (ray, found.ray)):
        middle = statistics.median(seconds)
        figures = f"{middle:.2f}", f"{found.episodes / middle:,.0f}", f"{found.ratio(seconds):.2f}"
        shown.add_row(name, *figures)
    return shown


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its status."""
    parser = argparse.ArgumentParser(prog="hopgym.benchmarks.speed.engines")
    parser.add_argument("--actors", type=int, default=2, metavar="N")
    parser.add_argument("--episodes", type=int, default=4_000, metavar="N")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--env", default="hopgym/SearchRead-v0", metavar="ID")
    parser.add_argument("--agent", default="iterative", metavar="NAME")
    parser.add_argument("--questions", default="world", metavar="SPEC")
    parser.add_argument("--num-envs", type=int, default=32, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE")
    given = parser.parse_args(arguments)
    console = Console()
    try:
        found = race(_work(given), given.actors, given.rounds)
    except HopgymError as error:
        console.print(str(error), markup=False, highlight=False)
        return 2
    console.print(table(found))
    told = "the same" if found.same else "NOT the same"
    console.print(
        f"Episodes are {told} in all plays, one of them with {found.killed} actor killed."
    )
    if given.json is not None:
        with atomic_write(given.json) as stream:
            stream.write(msgspec.json.format(msgspec.json.encode(found)))
    return 0 if found.same else 1


def _work(given: argparse.Namespace) -> Work:
    questions = make_questions(given.questions)
    ids = [question.id for question in questions.questions("test")]
    jobs = tuple(Job(ids[n % len(ids)], n // len(ids)) for n in range(given.episodes))
    keywords = {"questions": given.questions, "split": "test"}
    return Work(given.env, keywords, given.agent, 0, jobs, given.num_envs)


if __name__ == "__main__":
    sys.exit(main())
