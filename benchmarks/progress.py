"""What a benchmark shows while it runs: a bar for each task and agent, or plain lines.

A terminal gets bars with the score so far; a log file gets a line a minute, and one when each is done.
"""

from __future__ import annotations

import time
from typing import Protocol

from rich.console import Console

from ..agents.bar import Bar
from .records import Record
from .rows import PRIMARY, ranking


def counted(number: int, noun: str) -> str:
    """Return a number of things in words.

    >>> counted(1, "episode"), counted(0, "episode")
    ('1 episode', '0 episodes')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"


class Reporter(Protocol):
    """Is told how a benchmark goes."""

    def begin(self, label: str, total: int, done: int) -> None:
        """A task and agent begins; `done` of its `total` episodes were played before."""

    def step(self, record: Record) -> None:
        """An episode has ended."""

    def end(self) -> None:
        """The task and agent is finished."""

    def leave_out(self, label: str, why: str) -> None:
        """The agent refuses the task."""


EVERY = 60.0
"""Seconds between two lines of a log."""


class Silent:
    """Shows nothing."""

    def begin(self, label: str, total: int, done: int) -> None:
        """Show nothing."""

    def step(self, record: Record) -> None:
        """Show nothing."""

    def end(self) -> None:
        """Show nothing."""

    def leave_out(self, label: str, why: str) -> None:
        """Show nothing."""


class Tally:
    """The episodes of one task and agent so far."""

    def __init__(self, label: str, total: int, done: int) -> None:
        self.label = label
        self.total = total
        self.done = done
        self.played = 0
        self.errors = 0
        self.score = 0.0
        self.column = PRIMARY
        self.started = time.perf_counter()

    def add(self, record: Record) -> None:
        """Count an episode."""
        self.played += 1
        self.errors += record.error is not None
        if record.error is None:
            self.column = ranking([record])
        self.score += record.metrics.get(self.column.name, 0.0)

    def __str__(self) -> str:
        scored = self.played - self.errors
        whose = f" of the {scored} new" if self.done else ""
        parts = [f"{self.column.label} {100 * self.score / scored:5.1f}{whose}"] if scored else []
        parts += [counted(self.errors, "error")] if self.errors else []
        parts += [f"{self.done} kept from before"] if self.done else []
        return ", ".join(parts)


class Display(Bar):
    """Bars on a terminal, lines elsewhere, one a minute. Use it in a `with` statement."""

    def __init__(self, console: Console | None = None) -> None:
        super().__init__(console)
        self._tally: Tally | None = None
        self._told = 0.0

    def begin(self, label: str, total: int, done: int) -> None:
        """Open a bar."""
        self._tally = Tally(label, total, done)
        self._told = time.perf_counter()
        self.open(label, total, done)

    def step(self, record: Record) -> None:
        """Move the bar."""
        if self._tally is not None:
            self._tally.add(record)
            self.advance(str(self._tally))
            self._tell_log(self._tally)

    def end(self) -> None:
        """Close the bar, or print its line."""
        tally = self._tally
        if tally is not None and not self.console.is_terminal:
            seconds = time.perf_counter() - tally.started
            played = counted(tally.played, "new episode" if tally.done else "episode")
            self.say(f"{tally.label}: {played} in {seconds:.1f} s  {tally}".rstrip())

    def leave_out(self, label: str, why: str) -> None:
        """Say what is not played, and why."""
        self.say(f"{label}: not played. {why}")

    def _tell_log(self, tally: Tally) -> None:
        """Say how far it is where no bar shows it."""
        now = time.perf_counter()
        if not self.console.is_terminal and now - self._told >= EVERY:
            self._told = now
            done = f"{tally.done + tally.played} of {tally.total} episodes"
            self.say(f"{tally.label}: {done} so far  {tally}".rstrip())
