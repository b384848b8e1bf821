"""What a collection shows while it runs: a bar on a terminal, a line elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from .journal import Attempt


class Reporter(Protocol):
    """Is told how a collection goes."""

    def begin(self, label: str, total: int) -> None:
        """A round of attempts begins, over so many questions."""

    def step(self, attempt: Attempt) -> None:
        """An attempt was ruled on."""

    def end(self) -> None:
        """The round is over."""


class Silent:
    """Shows nothing."""

    def begin(self, label: str, total: int) -> None:
        """Show nothing."""

    def step(self, attempt: Attempt) -> None:
        """Show nothing."""

    def end(self) -> None:
        """Show nothing."""


class Display:
    """A bar for each round of attempts. Use it in a `with` statement."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True)
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

    def begin(self, label: str, total: int) -> None:
        """Open a bar."""
        self._label, self._played, self._accepted, self._errors = label, 0, 0, 0
        self._started = time.perf_counter()
        self._task = self._bar.add_task(label, total=total, note="")

    def step(self, attempt: Attempt) -> None:
        """Move the bar."""
        self._played += 1
        self._accepted += attempt.accepted
        self._errors += attempt.error is not None
        self._bar.update(self._task, advance=1, note=self._note)

    def end(self) -> None:
        """Close the bar, or print its line."""
        if not self.console.is_terminal:
            seconds = time.perf_counter() - self._started
            line = f"{self._label}: {self._played} episodes in {seconds:.1f} s  {self._note}"
            self.console.print(line, markup=False, highlight=False, soft_wrap=True)

    @property
    def _note(self) -> str:
        note = f"{self._accepted} accepted"
        return f"{note}, {self._errors} errors" if self._errors else note
