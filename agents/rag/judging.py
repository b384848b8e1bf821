"""How well a RAG retrieves and answers, on questions that it was not trained on."""

from __future__ import annotations

from collections.abc import Sequence

from ...core import Document, Question
from ...rewards.answer import exact_match, f1
from .data import recall
from .model import RagModel

BATCH = 32
"""Questions at once."""


def judge(
    model: RagModel, questions: Sequence[Question], retrieved: Sequence[Sequence[Document]]
) -> dict[str, float]:
    """Return the means over questions of `em`, `f1`, `recall@1` and `recall@K`.

    Args:
        model: Answers, greedily.
        questions: One or more.
        retrieved: The passages of each, the best first.
    """
    answers = model.answer([each.text for each in questions], retrieved, beams=1, batch_size=BATCH)
    most = max(map(len, retrieved))
    rows = [
        {
            "em": exact_match(answer.text, question.answers),
            "f1": f1(answer.text, question.answers),
            "recall@1": recall(found[:1], question),
            f"recall@{most}": recall(found, question),
        }
        for question, answer, found in zip(questions, answers, retrieved, strict=True)
    ]
    return {name: sum(row[name] for row in rows) / len(rows) for name in rows[0]}
