"""What the agent got to see: gold documents, and whether an answer was among it."""

from __future__ import annotations

from functools import lru_cache

from ..core import Question, Trajectory
from .normalize import squad, squad_cached
from .shown import shown_texts


def gold_recall(question: Question, trajectory: Trajectory) -> float | None:
    """Return the share of gold documents that were shown; None where they are unknown."""
    gold = set(question.document_ids)
    if not gold:
        return None
    shown = {hit.document_id for step in trajectory.steps for hit in step.hits if hit.new}
    return len(gold & shown) / len(gold)


def answer_seen(question: Question, trajectory: Trajectory) -> float:
    """Return 1 if an accepted answer stands, as whole tokens, in what the environment showed.

    A line of the environment's replies at a time, and of an opening that has documents. Any other
    opening is not counted (it is the question), nor what the agent wrote itself.
    """
    return float(contains_answer(shown_plain(trajectory), question.answers))


def shown_plain(trajectory: Trajectory) -> str:
    """Return what was shown for `contains_answer`: its lines normalised and padded, one below another."""
    texts = shown_texts(trajectory)
    return "\n".join([_padded(line) for text in texts for line in text.split("\n") if line])


def states_answer(text: str, answers: tuple[str, ...]) -> bool:
    """Return whether a line of a text has an accepted answer, as whole tokens."""
    plain = "\n".join([_padded(line) for line in text.split("\n") if line])
    return contains_answer(plain, answers)


def contains_answer(padded: str, answers: tuple[str, ...]) -> bool:
    """Return whether a normalised answer stands as whole tokens in padded, normalised text."""
    return any([f" {gold} " in padded for gold in map(squad_cached, answers) if gold])


@lru_cache(maxsize=16_384)
def _padded(line: str) -> str:
    """Normalise a document's line: popular documents come again in many episodes."""
    return f" {squad(line)} "
