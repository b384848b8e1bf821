"""A progress bar with a note beside it: what collections, trainings and benchmarks show of their way.

On a terminal it moves; elsewhere there is no bar, and whoever uses it says what matters in lines.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)


class Bar:
    """A bar, or several one after the other. Use it in a `with` statement.

    Args:
        console: Where; the terminal's error stream if None.
    """

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True)
        self._task: Any = None
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}", style="dim"),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=self.console,
            disable=not self.console.is_terminal,
        )

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    @property
    def is_open(self) -> bool:
        """Whether a bar was begun."""
        return self._task is not None

    def open(self, label: str, total: int, done: int = 0) -> None:
        """Begin a bar."""
        self._task = self._bar.add_task(escape(label), total=total, completed=done, note="")

    def move(self, done: int) -> None:
        """Move the bar to a place."""
        self._update(completed=done)

    def advance(self, note: str) -> None:
        """Move the bar by one, with a note."""
        self._update(advance=1, note=note)

    def note(self, note: str) -> None:
        """Write beside the bar."""
        self._update(note=note)

    def say(self, line: str) -> None:
        """Print a line above the bar."""
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _update(self, **changes: Any) -> None:
        if self._task is not None:
            self._bar.update(self._task, **changes)
