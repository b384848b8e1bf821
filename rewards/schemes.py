"""The rewards of R3-RAG in three forms: of its paper, of its code, of its re-implementation.

`Val` is whether the step could be read, `Rel` the gold-document gain of `process.py` in place of a
relevance judge, `Acc` exact match with the official normalisation against all accepted answers.
Each scheme tells what an episode can earn at least and at most: `bounds(steps)`.
"""

from __future__ import annotations

from typing import NamedTuple

from ..core import Question, Score, Step, Trajectory
from .answer import exact_match
from .format import readable
from .outcome import outcome
from .process import gold_gain


class Bounds(NamedTuple):
    """What an episode can earn."""

    low: float
    high: float


class R3Paper:
    """`r = Val * (Acc + Rel) + Val - 1` for each step (arXiv 2505.23794, equation of the reward).

    A step that cannot be read earns -1.
    """

    def __call__(self, question: Question, trajectory: Trajectory) -> Score:
        """Score the last step."""
        if not readable(trajectory):
            return Score(-1.0, {"format": -1.0, "relevance": 0.0, "outcome": 0.0})
        relevance = gold_gain(question, trajectory)
        accuracy = outcome(question, trajectory, exact_match)
        terms = {"format": 0.0, "relevance": relevance, "outcome": accuracy}
        return Score(relevance + accuracy, terms)

    def bounds(self, steps: int) -> Bounds:
        """All gold documents and the right answer, or nothing readable."""
        return Bounds(-float(steps), 2.0)


class R3Code:
    """The reward that R3-RAG's published code trains with.

    A query step earns `Rel`; the right answer 2.0. The code then multiplies every query step: by
    1.6 after a right answer, by 0.8 after a wrong one, by 0.9 when none was given. Those factors
    come at the end, as one `correction`, so that the episode's sum is the code's. An action that
    ends the episode unread earns -0.9; forgiven ones earn nothing, as the code drops them.
    """

    RIGHT, WRONG, UNANSWERED, MALFORMED = 1.6, 0.8, 0.9, -0.9
    ANSWER = 2.0

    def __call__(self, question: Question, trajectory: Trajectory) -> Score:
        """Score the last step."""
        right = outcome(question, trajectory, exact_match)
        ended = trajectory.outcome == "malformed"
        terms = {
            "format": self.MALFORMED if ended else 0.0,
            "relevance": gold_gain(question, trajectory),
            "outcome": self.ANSWER * right,
            "correction": self._correction(question, trajectory, bool(right)),
        }
        return Score(sum(terms.values()), terms)

    def _correction(self, question: Question, trajectory: Trajectory, right: bool) -> float:
        if trajectory.outcome in ("running", "malformed"):
            return 0.0
        answered = self.RIGHT if right else self.WRONG
        factor = answered if trajectory.outcome == "answered" else self.UNANSWERED
        return (factor - 1.0) * _earned_relevance(question, trajectory.steps)

    def bounds(self, steps: int) -> Bounds:
        """All gold documents and the right answer, or an unreadable end at once."""
        return Bounds(self.MALFORMED, self.ANSWER + self.RIGHT)


class R3Seed:
    """The reward of the small-model re-implementation, with its terms really computed.

    Format +0.1 or -0.9; process; outcome 2.0 or 0.0. Deviation: the original takes for process the
    median of a judge's mix (coherence, rationality, relevance), of a rule and of relevance. Only a
    judge could tell coherence and rationality; with the exact relevance in their place the median
    is the relevance itself, so that is what is paid.
    """

    GOOD, BAD, ANSWER = 0.1, -0.9, 2.0

    def __call__(self, question: Question, trajectory: Trajectory) -> Score:
        """Score the last step."""
        terms = {
            "format": self.GOOD if readable(trajectory) else self.BAD,
            "process": gold_gain(question, trajectory),
            "outcome": self.ANSWER * outcome(question, trajectory, exact_match),
        }
        return Score(sum(terms.values()), terms)

    def bounds(self, steps: int) -> Bounds:
        """Every step readable, all gold documents and the right answer, or nothing readable."""
        return Bounds(self.BAD * steps, self.GOOD * steps + 1.0 + self.ANSWER)


def _earned_relevance(question: Question, steps: tuple[Step, ...]) -> float:
    gold = set(question.document_ids)
    if not gold:
        return 0.0
    shown = {hit.document_id for step in steps for hit in step.hits if hit.new}
    return len(shown & gold) / len(gold)
