"""How well a compressor answers, on questions that it was not trained on."""

from __future__ import annotations

from collections.abc import Sequence

from ...rewards.answer import exact_match, f1
from .cases import Case
from .model import Compressor, Remembered

BATCH = 16
"""Questions at once."""


def judge(
    compressor: Compressor,
    cases: Sequence[Case],
    share: float,
    *,
    cache: Remembered | None = None,
) -> dict[str, float]:
    """Return means over questions.

    Args:
        compressor: What answers.
        cases: Questions with the documents that are read.
        share: The share of chunks that is expanded.
        cache: Vectors that were computed before.

    Returns:
        `em` and `f1` of the answers, `columns` the decoder read, and `answer_expanded`: of the
        questions whose answer stands in what was read, in a chunk or in two, the share for which
        such a place was expanded, whole.
    """
    sums: dict[str, list[float]] = {"em": [], "f1": [], "columns": [], "answer_expanded": []}
    for start in range(0, len(cases), BATCH):
        some = [cases[n] for n in range(start, min(start + BATCH, len(cases)))]
        asked = [(case.question.text, case.documents) for case in some]
        for case, told in zip(some, compressor.answer(asked, share, cache), strict=True):
            answers = case.question.answers
            sums["em"].append(exact_match(told.text, answers))
            sums["f1"].append(f1(told.text, answers))
            sums["columns"].append(float(told.columns))
            places = holders(compressor, case, share)
            if places:
                whole = any(place.issubset(told.expanded) for place in places)
                sums["answer_expanded"].append(float(whole))
    return {name: sum(values) / len(values) for name, values in sums.items() if values}


def holders(compressor: Compressor, case: Case, share: float = 1.0) -> list[set[int]]:
    """Return the places where an answer stands: a chunk each, or two between which it is cut.

    Args:
        compressor: Cuts the documents.
        case: A question with its documents.
        share: The share of chunks that is expanded, on which it depends how many have room.
    """
    row = compressor.rows.question(case.question.text, case.documents, share=share)
    answers = [answer for answer in case.question.answers if answer.strip()]
    decode = compressor.rows.chunker.codec.decode
    texts = [decode(chunk.ids) for chunk in row.chunks]
    found = []
    for place, text in enumerate(texts):
        before = texts[place - 1] if place else ""
        for answer in answers:
            if answer in text:
                found.append({place})
            elif answer in before + text and answer not in before:
                found.append({place - 1, place})
    return found
