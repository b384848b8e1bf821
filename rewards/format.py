"""Whether the agent keeps to the grammar. Knows only the typed parse errors of the steps."""

from __future__ import annotations

from ..core import Trajectory


def readable(trajectory: Trajectory) -> bool:
    """Return whether the last action could be read: `Val` of R3-RAG (arXiv 2505.23794)."""
    return trajectory.steps[-1].parse_error is None


def format_adherence(trajectory: Trajectory) -> float:
    """Return the share of actions in the exact form; 0 for an episode without steps.

    The form is what the grammar reads. In R3-RAG's that is `Step k:` with the number of the turn,
    then `The problem analysis:` and then exactly one of `The retrieval query:` and `The final
    answer:`, each with its text, and nothing before, between or after but blanks and line breaks.
    Refused actions count, forgiven or not; so does a query in a turn that takes none.

    >>> from hopgym.core import Step
    >>> format_adherence(Trajectory("q", "e", steps=(Step(1, "a"), Step(2, "b", parse_error="empty"))))
    0.5
    """
    steps = trajectory.steps
    return sum(step.parse_error is None for step in steps) / len(steps) if steps else 0.0
