"""R3-RAG's two ablations: the outcome alone, and the process alone.

They show what each half of its reward is worth (arXiv 2505.23794, the comparison of reward models).
Marks, judges and bounds are those of `schemes.py`; the terms have the same names, so that trainers
log format, relevance and outcome apart whatever is paid.
"""

from __future__ import annotations

from typing import ClassVar

from ..core import Score, Trajectory
from .marks import Marks
from .schemes import Bounds, Scheme


class Orm(Scheme):
    """Only the answer: 2.0 if it is right and else nothing, whatever happened on the way.

    The published code takes every step for a sample of its own, and pays each 2.0 when the episode
    ends with the right answer. Here the steps are one episode, so it is paid once, at the answer:
    with gamma 1 the return of each step is then exactly 2.0, which is the same signal. With a
    discount the earlier steps see less of it, and where each turn is a sample of its own (gamma 0)
    the answer's step alone. An action that was refused and forgiven has the same return, where that
    code drops it.
    """

    ANSWER = 2.0
    asks: ClassVar[tuple[str, ...]] = ("outcome",)

    def pay(self, trajectory: Trajectory, marks: Marks) -> Score:
        """Pay the right answer."""
        earned = self.ANSWER * marks.right
        return Score(earned, {"format": 0.0, "relevance": 0.0, "outcome": earned})

    def bounds(self, steps: int) -> Bounds:
        """The right answer, or nothing."""
        return Bounds(0.0, self.ANSWER)


class Prm(Scheme):
    """Only the documents: a query step earns `Rel`, and the answer's step 0.

    Whether the episode ends with an answer, a right or a wrong one, makes no difference: an agent
    that learns from it alone need not learn to answer.
    """

    asks: ClassVar[tuple[str, ...]] = ("process",)

    def pay(self, trajectory: Trajectory, marks: Marks) -> Score:
        """Pay the relevance."""
        terms = {"format": 0.0, "relevance": marks.relevance, "outcome": 0.0}
        return Score(marks.relevance, terms)

    def bounds(self, steps: int) -> Bounds:
        """All relevance, or nothing. No answer is needed: with a judge, each step may earn 1."""
        return Bounds(0.0, self.most_relevance(steps + 1))
