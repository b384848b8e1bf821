"""What a benchmark shows while it runs: a bar for each task and agent, or plain lines.

A terminal gets bars with the score so far; a log file gets one line when each is done.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from .records import Record
from .rows import PRIMARY


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


class Silent:
    """Shows nothing."""

    def begin(self, label: str, total: int, done: int) -> None:
        """Show nothing."""

    def step(self, record: Record) -> None:
        """Show nothing."""

    def end(self) -> None:
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
        self.started = time.perf_counter()

    def add(self, record: Record) -> None:
        """Count an episode."""
        self.played += 1
        self.errors += record.error is not None
        self.score += record.metrics.get(PRIMARY.name, 0.0)

    def __str__(self) -> str:
        scored = self.played - self.errors
        whose = f" of the {scored} new" if self.done else ""
        parts = [f"{PRIMARY.label} {100 * self.score / scored:5.1f}{whose}"] if scored else []
        parts += [counted(self.errors, "error")] if self.errors else []
        parts += [f"{self.done} kept from before"] if self.done else []
        return ", ".join(parts)


class Display:
    """Bars on a terminal, lines elsewhere. Use it in a `with` statement."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True)
        self._tally: Tally | None = None
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}", style="dim"),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=self.console,
            disable=not self.console.is_terminal,
        )

    def __enter__(self) -> Display:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def begin(self, label: str, total: int, done: int) -> None:
        """Open a bar."""
        self._tally = Tally(label, total, done)
        self._task = self._bar.add_task(escape(label), total=total, completed=done, note="")

    def step(self, record: Record) -> None:
        """Move the bar."""
        if self._tally is not None:
            self._tally.add(record)
            self._bar.update(self._task, advance=1, note=str(self._tally))

    def end(self) -> None:
        """Close the bar, or print its line."""
        tally = self._tally
        if tally is not None and not self.console.is_terminal:
            seconds = time.perf_counter() - tally.started
            played = counted(tally.played, "new episode" if tally.done else "episode")
            line = f"{tally.label}: {played} in {seconds:.1f} s  {tally}"
            self.console.print(line.rstrip(), markup=False, highlight=False, soft_wrap=True)
