"""A command is killed again and again, goes on, and must end as if it had never been killed.

It runs undisturbed first. Then it runs anew in another folder; each of its lives is killed, with
all of its processes, at a moment drawn evenly from the time that the undisturbed run took. A run
that comes to its end, or has been killed often enough, is compared and followed by another, until
all kills are dealt.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import NamedTuple

from ...errors import ConfigError
from ...seeding import rng_for
from .artefact import artefact, differences
from .life import POLL, Life
from .recipe import Recipe
from .traces import Phase, phase, traces

MOST = 10
"""Kills of one run; its next life is left to end, so that every run ends."""
PATIENCE = 20.0
"""A life that takes so many times the undisturbed run is stuck."""
LEAST = 600.0
"""Seconds that any life has."""
AIMED = 0.02
"""Seconds after something was written within which an aimed kill strikes."""


class Kill(NamedTuple):
    """One kill."""

    run: int
    """Which killed run, from 1."""
    moment: float
    """Drawn for it, as a share of the undisturbed run."""
    at: float
    """Seconds since that life began."""
    phase: Phase


@dataclass(kw_only=True)
class Outcome:
    """What came of a recipe."""

    recipe: Recipe
    seconds: float
    """Of the undisturbed run."""
    start: float
    """Seconds until it wrote something."""
    files: int
    """Files that are compared."""
    runs: int = 0
    """Runs that were killed and came to their end."""
    lives: int = 0
    """Processes of these runs."""
    kills: list[Kill] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """How killed runs ended otherwise than the undisturbed one."""

    def hits(self, where: Phase) -> int:
        """Return how many kills struck there."""
        return sum(kill.phase == where for kill in self.kills)


def kill(
    recipe: Recipe,
    folder: Path,
    *,
    kills: int = 20,
    seed: int = 0,
    aim: float = 0.0,
    tell: Callable[[str], None] = lambda text: None,
) -> Outcome:
    """Kill a recipe's command so many times, and compare what its runs leave.

    Args:
        recipe: What to kill.
        folder: An empty folder for all runs.
        kills: How many.
        seed: Of the moments.
        aim: The share of kills that wait for the next change in the run's folder.
        tell: Is told how it goes.

    Raises:
        ConfigError: If the undisturbed run fails.
    """
    return _Experiment(recipe, folder, seed, aim, tell).deal(kills)


class _End(NamedTuple):
    """How a life ended."""

    killed: bool
    problem: str


class _Experiment:
    def __init__(
        self, recipe: Recipe, folder: Path, seed: int, aim: float, tell: Callable[[str], None]
    ) -> None:
        self.recipe = recipe
        self.folder = folder
        self.given = folder / "given"
        self.rng = rng_for(seed, "kills", recipe.name)
        self.aim = aim
        self.tell = tell
        self.given.mkdir(parents=True, exist_ok=True)
        if recipe.prepare is not None:
            tell(f"{recipe.name}: making what it needs")
            recipe.prepare(self.given)
        tell(f"{recipe.name}: undisturbed")
        self.seconds, start = self._undisturbed("undisturbed")
        self.span = self.seconds
        self.expected = self._left("undisturbed")
        if not self.expected:
            raise ConfigError(
                f"{recipe.name}: the undisturbed run left no file to compare in {folder}. Does "
                "{out} stand where the command writes?"
            )
        files = len(self.expected)
        self.outcome = Outcome(recipe=recipe, seconds=self.seconds, start=start, files=files)

    def deal(self, kills: int) -> Outcome:
        """Deal the kills; runs that end before are followed by others."""
        for number in count(1):
            self._run(number, kills)
            if len(self.outcome.kills) >= kills or self.outcome.problems:
                break
        if self.outcome.problems:
            self._say_if_it_never_agrees()
        return self.outcome

    def _run(self, number: int, kills: int) -> None:
        """Kill one run until it ends; compare what it leaves."""
        name, outcome = f"killed-{number}", self.outcome
        before = len(outcome.kills)
        for life in count(1):
            dealt = len(outcome.kills)
            self.tell(f"{self.recipe.name}: {dealt} of {kills} kills, run {number}")
            spared = dealt >= kills or dealt - before >= MOST
            outcome.lives += 1
            end = self._live(name, number, resumed=life > 1, spared=spared)
            if end.problem:
                outcome.problems.append(f"run {number}, life {life}: {end.problem}")
                return
            if not end.killed:
                break
        outcome.runs += 1
        found = differences(self.expected, self._left(name))
        outcome.problems += [f"run {number}: {line}" for line in found]

    def _live(self, name: str, number: int, *, resumed: bool, spared: bool) -> _End:
        """Live once, until a kill or the end."""
        out = self._out(name)
        before = traces(out)
        with self._begin(name, resumed=resumed) as life:
            moment = float(self.rng.random())
            if spared:
                life.wait(self._limit)
            else:
                self._await(moment, life, out)
            at = life.age
            killed = life.kill()
        if killed and spared:
            return _End(killed, f"it had not ended after {at:.0f} s: {life.last_words()}")
        if killed:
            self.outcome.kills.append(Kill(number, moment, at, phase(out, before)))
        elif not resumed:
            self.span = min(self.span, at)  # or quicker runs would never be hit
        return _End(killed, "" if killed or life.status == 0 else life.complaint())

    def _await(self, moment: float, life: Life, out: Path) -> None:
        """Wait until a life is to be killed, or its end."""
        life.wait(moment * self.span)
        if self.rng.random() >= self.aim:
            return
        seen = traces(out)
        while life.status is None and life.age < self._limit and traces(out) == seen:
            time.sleep(POLL / 10)
        life.wait(float(self.rng.uniform(0.0, AIMED)))

    def _undisturbed(self, name: str) -> tuple[float, float]:
        """Run once to the end; return how long that took, and when it first wrote."""
        out = self._out(name)
        with self._begin(name, resumed=False) as life:
            while life.status is None and not traces(out):
                time.sleep(POLL)
            start = life.age
            life.process.wait()
            seconds = life.age
        if life.status != 0:
            raise ConfigError(f"{self.recipe.name}: undisturbed, the command {life.complaint()}")
        return seconds, start

    def _say_if_it_never_agrees(self) -> None:
        """Say so if two undisturbed runs differ as well: then no kill is to blame."""
        self.tell(f"{self.recipe.name}: undisturbed once more")
        self._undisturbed("undisturbed-2")
        found = differences(self.expected, self._left("undisturbed-2"))
        if found:
            self.outcome.problems.append(
                f"two undisturbed runs differ as well ({', '.join(found)}): the command is not "
                "deterministic here"
            )

    def _begin(self, name: str, *, resumed: bool) -> Life:
        out = self._out(name)
        out.parent.mkdir(parents=True, exist_ok=True)
        words = self.recipe.words(out, self.given, resumed=resumed)
        return Life(words, out.parent / "log.txt", self.recipe.env)

    def _left(self, name: str) -> dict[str, str]:
        return artefact(self._out(name), self.recipe.omissions, self.recipe.aliases)

    def _out(self, name: str) -> Path:
        return self.folder / name / "out"

    @property
    def _limit(self) -> float:
        return max(LEAST, PATIENCE * self.seconds)
