"""The course of one figure: its last values, where it began, the best that it was, and its noise.

One batch of 32 episodes is noise; so a level is the mean over a window of updates. How far such a
mean may be off is told by the differences from one update to the next, all along the run: unlike
the scatter of a window they are many, and a trend hardly adds to them (von Neumann, 1941).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field


@dataclass(slots=True)
class Course:
    """One figure over the updates; it is written to JSON as it is.

    >>> course = Course()
    >>> for value in (1.0, 3.0, 5.0):
    ...     course.add(value, window=2)
    >>> course.level, course.first, course.best, course.error
    (4.0, 2.0, 4.0, 1.0)
    """

    recent: list[float] = field(default_factory=list)
    """The values of the window, the last one last."""
    first: float | None = None
    """The level over the first whole window."""
    best: float | None = None
    """The highest level of a whole window."""
    steps: int = 0
    """How many differences there were between one value and the next."""
    squares: float = 0.0
    """The sum of their squares."""

    def add(self, value: float, window: int) -> None:
        """Take the value of an update.

        Args:
            value: A finite number.
            window: Updates of a level, at least 2.
        """
        if self.recent:
            self.steps += 1
            self.squares += (value - self.recent[-1]) ** 2
        self.recent = [*self.recent, value][-window:]
        if len(self.recent) == window:
            self.first = self.level if self.first is None else self.first
            self.best = self.level if self.best is None else max(self.best, self.level)

    @property
    def level(self) -> float:
        """The mean over the window."""
        return math.fsum(self.recent) / len(self.recent)

    @property
    def error(self) -> float:
        """The standard error of a level: half the mean square is a single value's variance."""
        variance = self.squares / self.steps / 2 if self.steps else 0.0
        return math.sqrt(variance / len(self.recent))
