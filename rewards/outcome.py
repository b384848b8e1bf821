"""Whether the episode ended with the right answer: one score, on the answer's step alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..core import Question, Score, Trajectory
from .answer import exact_match, f1

AnswerMetric = Callable[[str | None, Sequence[str]], float]


def outcome(question: Question, trajectory: Trajectory, metric: AnswerMetric) -> float:
    """Return the metric of the given answer, or 0 when the last step gives none."""
    if trajectory.outcome != "answered":
        return 0.0
    return metric(trajectory.prediction, question.answers)


def em_reward(question: Question, trajectory: Trajectory) -> Score:
    """Pay 1 for an exact answer and nothing else."""
    value = outcome(question, trajectory, exact_match)
    return Score(value, {"outcome": value})


def f1_reward(question: Question, trajectory: Trajectory) -> Score:
    """Pay the answer's token F1 and nothing else."""
    value = outcome(question, trajectory, f1)
    return Score(value, {"outcome": value})
