"""What the agent got to see: gold documents, and whether an answer was among it."""

from __future__ import annotations

from ..core import Question, Trajectory
from .normalize import squad, squad_cached


def gold_recall(question: Question, trajectory: Trajectory) -> float | None:
    """Return the share of gold documents that were shown; None where they are unknown."""
    gold = set(question.document_ids)
    if not gold:
        return None
    shown = {hit.document_id for step in trajectory.steps for hit in step.hits if hit.new}
    return len(gold & shown) / len(gold)


def answer_seen(question: Question, trajectory: Trajectory) -> float:
    """Return 1 if an accepted answer stands, as whole tokens, in what the environment showed.

    The opening is not counted (it is the question), nor what the agent wrote itself.
    """
    if not any(step.hits for step in trajectory.steps):
        return 0.0
    shown = " ".join(
        trajectory.transcript[start:end]
        for start, end, author in trajectory.spans[1:]
        if author == "env"
    )
    return float(contains_answer(f" {squad(shown)} ", question.answers))


def contains_answer(padded: str, answers: tuple[str, ...]) -> bool:
    """Return whether a normalised answer stands as whole tokens in padded, normalised text."""
    return any(f" {gold} " in padded for gold in map(squad_cached, answers) if gold)
