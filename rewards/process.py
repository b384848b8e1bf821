"""How relevant a step's documents are, exactly, where the gold documents are known."""

from __future__ import annotations

from ..core import Question, Trajectory


def gold_gain(question: Question, trajectory: Trajectory) -> float:
    """Return the share of the question's gold documents that the last step showed first.

    It stands for the relevance judge of R3-RAG, `Rel` in [0, 1], without a judge. The gains of an
    episode add up to its gold-document recall, at most 1, so asking again earns nothing. Where the
    gold documents are unknown it is 0.
    """
    gold = set(question.document_ids)
    hits = trajectory.steps[-1].hits
    if not gold or not hits:
        return 0.0
    # A set: one step may find the same document by several queries.
    return len({hit.document_id for hit in hits if hit.new and hit.document_id in gold}) / len(gold)
