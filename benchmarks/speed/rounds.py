"""Timing side by side: every round lets each side play, one right after the other.

A busy machine then slows all of them, and ratios are taken round by round before their median is.
Knows no environment; sides in this process and peers in others are entrants alike.
"""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from .peers import Play, clocked, times_for


class Cost(NamedTuple):
    """What one side took in one round."""

    steps: int
    cpu: float
    wall: float


@dataclass(frozen=True, slots=True)
class Label:
    """What a row of the table is called."""

    name: str
    search: str = "null"
    """What its queries are answered by; ratios are taken within one search."""
    envs: int = 1
    in_process: bool = True
    """Whether this process's CPU seconds are all that it took."""
    chars: int = 0
    """The length of its final transcripts, where that is the point."""


@dataclass(slots=True)
class Row:
    """One side and its costs, round by round."""

    label: Label
    costs: list[Cost] = field(default_factory=list)
    failure: str = ""

    @property
    def per_cpu(self) -> float | None:
        """Steps per CPU second, the median over the rounds."""
        return self._median("cpu") if self.label.in_process else None

    @property
    def per_wall(self) -> float | None:
        """Steps per second, the median over the rounds."""
        return self._median("wall")

    def _median(self, clock: str) -> float | None:
        if not self.costs or self.failure:
            return None
        return statistics.median(
            cost.steps / _positive(getattr(cost, clock)) for cost in self.costs
        )


class Entrant(Protocol):
    """Something with rows that plays a round for all of them."""

    @property
    def rows(self) -> Sequence[Row]:
        """The rows it fills."""

    def warm_up(self, seconds: float) -> None:
        """Get ready for rounds of about that long each."""

    def play_round(self) -> None:
        """Add one cost to every row."""

    def close(self) -> None:
        """Let go of what it holds."""


class Side:
    """An entrant of this process.

    Args:
        label: Its row.
        play: Plays an episode in each sub-environment and returns the steps.
        close: Called at the end.
    """

    def __init__(self, label: Label, play: Play, close: Callable[[], object] | None = None) -> None:
        self.rows = [Row(label)]
        self._play, self._close = play, close
        self._times = 1

    def warm_up(self, seconds: float) -> None:
        """Find out how often to play in a round."""
        self._times = times_for(self._play, seconds)

    def play_round(self) -> None:
        """Play and note the cost."""
        self.rows[0].costs.append(Cost(*clocked(self._play, self._times)))

    def close(self) -> None:
        """Close the environment, where that matters."""
        if self._close is not None:
            self._close()


def race(entrants: Sequence[Entrant], rounds: int, seconds: float) -> list[Row]:
    """Let everyone play all rounds and return all rows, in the order of the entrants."""
    try:
        for entrant in entrants:
            entrant.warm_up(seconds)
        gc.collect()
        gc.freeze()  # no side pays for walking over the corpora of the others
        for _ in range(rounds):
            for entrant in entrants:
                entrant.play_round()
    finally:
        gc.unfreeze()
        for entrant in entrants:
            entrant.close()
    return [row for entrant in entrants for row in entrant.rows]


def times_faster(row: Row, than: Row) -> float | None:
    """How many times the steps of another row a row makes in a CPU second, if both are known."""
    if row.per_cpu is None or than.per_cpu is None:
        return None
    pairs = zip(row.costs, than.costs, strict=True)
    return statistics.median(per_step(other) / per_step(one) for one, other in pairs)


def per_step(cost: Cost) -> float:
    """CPU seconds for one step."""
    return _positive(cost.cpu) / max(cost.steps, 1)


def _positive(seconds: float) -> float:
    return max(seconds, 1e-9)
