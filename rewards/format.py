"""Whether the agent keeps to the grammar. Knows only the typed parse errors of the steps."""

from __future__ import annotations

from ..core import Trajectory


def readable(trajectory: Trajectory) -> bool:
    """Return whether the last action could be read: `Val` of R3-RAG (arXiv 2505.23794)."""
    return trajectory.steps[-1].parse_error is None


def format_adherence(trajectory: Trajectory) -> float:
    """Return the share of actions that could be read; 0 for an episode without steps.

    >>> from hopgym.core import Step
    >>> format_adherence(Trajectory("q", "e", steps=(Step(1, "a"), Step(2, "b", parse_error="empty"))))
    0.5
    """
    steps = trajectory.steps
    return sum(step.parse_error is None for step in steps) / len(steps) if steps else 0.0
