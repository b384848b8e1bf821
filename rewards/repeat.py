"""Queries that were asked before: the commonest waste of a search budget."""

from __future__ import annotations

from ..core import Question, Score, Trajectory
from .base import for_documents
from .normalize import squad_cached


def repeated_queries(trajectory: Trajectory) -> int:
    """Return how many queries repeat an earlier one of the episode, normalised.

    >>> from hopgym.core import Step
    >>> asked = [Step(1, "", queries=("Who?",)), Step(2, "", queries=("who",))]
    >>> repeated_queries(Trajectory("q", "e", steps=tuple(asked)))
    1
    """
    queries = [query for step in trajectory.steps for query in step.queries]
    if len(queries) < 2:
        return 0
    asked = [squad_cached(query) for query in queries]
    return len(asked) - len(set(asked))


@for_documents
def repeat_penalty(question: Question, trajectory: Trajectory) -> Score:
    """Charge 1 for each query of the last step that was asked before."""
    before = {squad_cached(query) for step in trajectory.steps[:-1] for query in step.queries}
    again = sum(squad_cached(query) in before for query in trajectory.steps[-1].queries)
    value = 0.0 - again  # not -again: that of nothing would be -0.0
    return Score(value, {"repeat": value})
