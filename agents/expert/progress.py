"""What a collection shows while it runs: a bar on a terminal, a line elsewhere."""

from __future__ import annotations

import time
from typing import Protocol

from ..bar import Bar
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


class Display(Bar):
    """A bar for each round of attempts. Use it in a `with` statement."""

    def begin(self, label: str, total: int) -> None:
        """Open a bar."""
        self._label, self._played, self._accepted, self._errors = label, 0, 0, 0
        self._started = time.perf_counter()
        self.open(label, total)

    def step(self, attempt: Attempt) -> None:
        """Move the bar."""
        self._played += 1
        self._accepted += attempt.accepted
        self._errors += attempt.error is not None
        self.advance(self._note)

    def end(self) -> None:
        """Close the bar, or print its line."""
        if not self.console.is_terminal:
            seconds = time.perf_counter() - self._started
            self.say(f"{self._label}: {self._played} episodes in {seconds:.1f} s  {self._note}")

    @property
    def _note(self) -> str:
        note = f"{self._accepted} accepted"
        return f"{note}, {self._errors} errors" if self._errors else note
