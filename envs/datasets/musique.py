"""MuSiQue (arXiv 2108.00573): two to four hops, each question decomposed into a DAG.

Reads the official records, and those without paragraphs. MuSiQue-Full asks each question twice under
one id, once with a paragraph too few: that one gets another last number in its id, which agents see
and which must not tell them apart. `metadata["answerable"]` does, for whoever knows the gold.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ...core import Hop, Question
from ...files import fingerprint
from .drafts import Draft, Passage, load_any
from .loaded import LoadedQuestions
from .records import Record

HUB = "dgslibisey/MuSiQue"

_NEED = re.compile(r"#(\d+)")


class _Paragraph(NamedTuple):
    """One paragraph of a record, by the number that the decomposition names it by."""

    idx: int
    passage: Passage
    supports: bool


def load_musique(
    path: str | Path | None = None, *, split: str = "train", hub_name: str = HUB, **options: Any
) -> LoadedQuestions:
    """Load MuSiQue from a file, or by name through `datasets`.

    Args:
        path: A JSON list or JSON-lines file, gzipped or not; None asks the hub.
        split: What to call the file's split, or the hub's split to load.
        hub_name: The data set's name on the hub, or a local folder of it.
        **options: `documents`, `strict` and `limit`, as in `hopgym.envs.datasets.drafts.load`.
    """
    return load_any("musique", convert, path, split=split, hub=(hub_name, None), **options)


def convert(record: Record) -> Draft:
    """Read one record; `#1` in a sub-question stands for the first one's answer."""
    paragraphs = _paragraphs(record)
    steps = record.list("question_decomposition") if "question_decomposition" in record else ()
    hops, hop_gold = _hops(record, steps, paragraphs)
    gold = [paragraph.passage for paragraph in paragraphs if paragraph.supports]
    if not paragraphs:
        gold = list(dict.fromkeys(passage for passage in hop_gold if passage))
    id, answerable = record.id("id"), bool(record.get("answerable", True))
    question = Question(
        id if answerable else _other_id(id, [paragraph.passage for paragraph in paragraphs]),
        record.text("question"),
        tuple(dict.fromkeys((*record.texts("answer"), *record.aliases()))),
        type=id.partition("__")[0],
        hops=hops,
        metadata={"answerable": answerable},
    )
    return Draft(question, [paragraph.passage for paragraph in paragraphs], gold, hop_gold)


def _other_id(id: str, passages: Sequence[Passage]) -> str:
    """Return an id of the same shape: the last number is one of six digits that the text decides."""
    number = int(fingerprint([id, *passages]), 16) % 1_000_000
    return f"{id.rpartition('_')[0]}_{number:06}"


def _paragraphs(record: Record) -> list[_Paragraph]:
    if "paragraphs" not in record:
        return []
    values = record.list("paragraphs")
    try:
        return [
            _Paragraph(
                int(p.get("idx", place)),
                Passage(p["title"].strip(), p["paragraph_text"].strip()),
                bool(p["is_supporting"]),
            )
            for place, p in enumerate(values)
        ]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise record.bad(
            "paragraphs", "needs title, paragraph_text and is_supporting each"
        ) from None


def _hops(
    record: Record, steps: Sequence[Any], paragraphs: Sequence[_Paragraph]
) -> tuple[tuple[Hop, ...], list[Passage | None]]:
    numbered = {paragraph.idx: paragraph.passage for paragraph in paragraphs}
    try:
        answers = [str(step["answer"]) for step in steps]
        hops = tuple(_hop(step["question"], answers, n) for n, step in enumerate(steps))
        return hops, [_passage(step, numbered) for step in steps]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise record.bad(
            "question_decomposition", "needs question, answer and paragraph_support_idx each"
        ) from None


def _hop(text: str, answers: Sequence[str], position: int) -> Hop:
    needs = tuple(sorted({int(n) - 1 for n in _NEED.findall(text) if 0 < int(n) <= position}))
    query = _NEED.sub(lambda m: answers[int(m[1]) - 1] if int(m[1]) - 1 in needs else m[0], text)
    return Hop(query, answers[position], needs=needs)


def _passage(step: Any, numbered: Mapping[int, Passage]) -> Passage | None:
    idx = step.get("paragraph_support_idx")
    if numbered:  # by its own number: the paragraphs may be shuffled, or some left out
        return None if idx is None else numbered[int(idx)]
    document = step.get("document_id")  # "Title_0" in files without paragraphs
    return Passage(str(document).rpartition("_")[0]) if document else None
