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
        questions whose answer stands in what was read, the share for which it stands in a chunk
        that was expanded, whole.
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
            holding = holders(compressor, case)
            if holding:
                sums["answer_expanded"].append(float(bool(holding.intersection(told.expanded))))
    return {name: sum(values) / len(values) for name, values in sums.items() if values}


def holders(compressor: Compressor, case: Case) -> set[int]:
    """Return the chunks of a case in which an answer stands, whole or in part with the chunk before."""
    row = compressor.rows.question(case.question.text, case.documents)
    decode = compressor.rows.chunker.codec.decode
    texts = [decode(chunk.ids) for chunk in row.chunks]
    found = set()
    for place, text in enumerate(texts):
        both = (texts[place - 1] if place else "") + text
        for answer in case.question.answers:
            if answer in text:
                found.add(place)
            elif place and answer in both and answer not in texts[place - 1]:
                found |= {place - 1, place}
    return found
