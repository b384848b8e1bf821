"""What the retrieval benchmarks show while they run: bars on a terminal, lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

T = TypeVar("T")


class Work:
    """Shows steps and counts. Use it in a `with` statement; without a console it shows nothing.

    >>> with Work() as work, work.step("thinking"):
    ...     list(work.counted("numbers", [1, 2, 3], 3))
    [1, 2, 3]
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console
        self._bar = Progress(
            TextColumn("[progress.description]{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(elapsed_when_finished=True),
            console=console,
            transient=True,
            disable=console is None or not console.is_terminal,
        )

    def __enter__(self) -> Work:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    @contextmanager
    def step(self, label: str) -> Iterator[None]:
        """Show that a step is under way, and at its end how long it took."""
        start = time.perf_counter()
        task = self._bar.add_task(label, total=None)
        try:
            yield
        finally:
            self._bar.remove_task(task)
        self.say(f"{label}: {time.perf_counter() - start:.1f} s")

    def counted(self, label: str, items: Iterable[T], total: int) -> Iterator[T]:
        """Pass items on and show how many have been worked on."""
        task = self._bar.add_task(label, total=total)
        try:
            for item in items:
                yield item
                self._bar.update(task, advance=1)
        finally:
            self._bar.remove_task(task)

    def say(self, line: str) -> None:
        """Print a line above the bars."""
        if self._console is not None:
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)
