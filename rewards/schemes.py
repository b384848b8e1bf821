"""The rewards of R3-RAG in three forms: of its paper, of its code, of its re-implementation.

`Val` is whether the step could be read, `Rel` how relevant what it found is, `Acc` whether the
answer is right. Without a judge `Rel` is the gold-document gain of `process.py` and `Acc` exact
match with the official normalisation against all accepted answers; with one, both are its
verdicts, as published. Each scheme tells what an episode can earn at least and at most:
`bounds(steps)`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from ..core import Question, Score, Trajectory
from .base import Item, for_documents
from .format import readable
from .judges import make_judge
from .judges.base import Judge
from .marks import Marks, exact_marks, judged_marks


class Bounds(NamedTuple):
    """What an episode can earn."""

    low: float
    high: float


@for_documents
class Scheme(ABC):
    """What all schemes have in common: who tells the marks, and batches.

    Args:
        judge: Who says whether the answer is right and how relevant the documents are: a judge, or
            its name with options; None for the exact marks. A step without a verdict is unscored.
    """

    asks: ClassVar[tuple[str, ...]] = ("outcome", "process")
    """What a judge is asked for; the other marks stay 0."""
    needs_whole: ClassVar[bool] = False
    """Whether the end of an episode is paid by all its steps."""

    def __init__(self, *, judge: str | Judge | None = None) -> None:
        self.judge = None if judge is None else make_judge(judge)

    @abstractmethod
    def pay(self, trajectory: Trajectory, marks: Marks) -> Score:
        """Return what the last step earns with these marks."""

    @abstractmethod
    def bounds(self, steps: int) -> Bounds:
        """Return what an episode of so many steps can earn."""

    def __call__(self, question: Question, trajectory: Trajectory) -> Score:
        """Score the last step."""
        if self.judge is None:
            return self.pay(trajectory, exact_marks(question, trajectory))
        return self.many([(question, trajectory)])[0]

    def many(self, items: Sequence[Item]) -> list[Score]:
        """Score the last step of each episode; a judge is asked once, for all."""
        if self.judge is None:
            return [self(question, trajectory) for question, trajectory in items]
        marks = judged_marks(self.judge, items, asks=self.asks, whole=self.needs_whole)
        return [
            Score(0.0, reason=one.unscored, unscored=True)
            if one.unscored is not None
            else self.pay(trajectory, one)
            for (_, trajectory), one in zip(items, marks, strict=True)
        ]

    def most_relevance(self, steps: int) -> float:
        """Return what the relevance of an episode with an answer can add up to.

        The gold-document gains add up to 1; a judge may find every query's documents relevant.
        """
        return 1.0 if self.judge is None else float(max(steps - 1, 0))


class R3Paper(Scheme):
    """`r = Val * (Acc + Rel) + Val - 1` for each step (arXiv 2505.23794, equation of the reward).

    A step that cannot be read earns -1.
    """

    def pay(self, trajectory: Trajectory, marks: Marks) -> Score:
        """Pay the relevance, and the answer."""
        if not readable(trajectory):
            return Score(-1.0, {"format": -1.0, "relevance": 0.0, "outcome": 0.0})
        terms = {"format": 0.0, "relevance": marks.relevance, "outcome": marks.right}
        return Score(marks.relevance + marks.right, terms)

    def bounds(self, steps: int) -> Bounds:
        """All relevance and the right answer, or nothing readable."""
        return Bounds(-float(steps), self.most_relevance(steps) + 1.0)


class R3Code(Scheme):
    """The reward that R3-RAG's published code trains with.

    A query step earns `Rel`; the right answer 2.0. The code then multiplies every query step: by
    1.6 after a right answer, by 0.8 after a wrong one, by 0.9 when none was given. Those factors
    come at the end, as one `correction`, so that the episode's sum is the code's. An action that
    ends the episode unread earns -0.9; forgiven ones earn nothing, as the code drops them.
    """

    RIGHT, WRONG, UNANSWERED, MALFORMED = 1.6, 0.8, 0.9, -0.9
    ANSWER = 2.0
    needs_whole: ClassVar[bool] = True

    def pay(self, trajectory: Trajectory, marks: Marks) -> Score:
        """Pay the relevance, the answer, and at the end the factors."""
        ended = trajectory.outcome == "malformed"
        terms = {
            "format": self.MALFORMED if ended else 0.0,
            "relevance": marks.relevance,
            "outcome": self.ANSWER * marks.right,
            "correction": self._correction(trajectory, marks),
        }
        return Score(sum(terms.values()), terms)

    def _correction(self, trajectory: Trajectory, marks: Marks) -> float:
        if trajectory.outcome in ("running", "malformed"):
            return 0.0
        answered = self.RIGHT if marks.right else self.WRONG
        factor = answered if trajectory.outcome == "answered" else self.UNANSWERED
        return (factor - 1.0) * marks.earned

    def bounds(self, steps: int) -> Bounds:
        """All relevance and the right answer, or an unreadable end at once."""
        return Bounds(self.MALFORMED, self.ANSWER + self.RIGHT * self.most_relevance(steps))


class R3Seed(Scheme):
    """The reward of the small-model re-implementation, with its terms really computed.

    Format +0.1 or -0.9; process; outcome 2.0 or 0.0. The original takes for process the median of a
    judge's mix (0.3 coherence, 0.3 rationality, 0.4 relevance), of a rule and of relevance; so it
    is with a judge, the gold-document gain being the rule. Without one there is only the exact
    relevance, and that is what is paid.
    """

    GOOD, BAD, ANSWER = 0.1, -0.9, 2.0

    def pay(self, trajectory: Trajectory, marks: Marks) -> Score:
        """Pay the format, the process and the answer."""
        terms = {
            "format": self.GOOD if readable(trajectory) else self.BAD,
            "process": marks.process,
            "outcome": self.ANSWER * marks.right,
        }
        return Score(sum(terms.values()), terms)

    def bounds(self, steps: int) -> Bounds:
        """Every step readable, all relevance and the right answer, or nothing readable."""
        best = self.GOOD * steps + self.most_relevance(steps) + self.ANSWER
        return Bounds(self.BAD * steps, best)
