"""MuSiQue (arXiv 2108.00573): two to four hops, each question decomposed into a DAG.

Reads the official records, and those without paragraphs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...core import Hop, Question
from .drafts import Draft, Passage, load, load_file
from .hub import rows
from .loaded import LoadedQuestions
from .records import Record

HUB = "dgslibisey/MuSiQue"

_NEED = re.compile(r"#(\d+)")


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
    if path is not None:
        return load_file("musique", convert, path, split=split, **options)
    return load("musique", convert, rows(hub_name, None, split), split=split, **options)


def convert(record: Record) -> Draft:
    """Read one record; `#1` in a sub-question stands for the first one's answer."""
    paragraphs = _paragraphs(record)
    steps = record.list("question_decomposition") if "question_decomposition" in record else ()
    hops, hop_gold = _hops(record, steps, paragraphs)
    gold = [p for p, supports in paragraphs if supports]
    if not paragraphs:
        gold = list(dict.fromkeys(passage for passage in hop_gold if passage))
    id = record.text("id")
    question = Question(
        id,
        record.text("question"),
        tuple(dict.fromkeys((*record.texts("answer"), *record.aliases()))),
        type=id.partition("__")[0],
        hops=hops,
        metadata={"answerable": bool(record.get("answerable", True))},
    )
    return Draft(question, [p for p, _ in paragraphs], gold, hop_gold)


def _paragraphs(record: Record) -> list[tuple[Passage, bool]]:
    if "paragraphs" not in record:
        return []
    try:
        return [
            (Passage(p["title"].strip(), p["paragraph_text"].strip()), bool(p["is_supporting"]))
            for p in record.list("paragraphs")
        ]
    except (KeyError, TypeError, AttributeError):
        raise record.bad(
            "paragraphs", "needs title, paragraph_text and is_supporting each"
        ) from None


def _hops(
    record: Record, steps: Sequence[Any], paragraphs: Sequence[tuple[Passage, bool]]
) -> tuple[tuple[Hop, ...], list[Passage | None]]:
    try:
        answers = [str(step["answer"]) for step in steps]
        hops = tuple(_hop(step["question"], answers, n) for n, step in enumerate(steps))
        return hops, [_passage(step, paragraphs) for step in steps]
    except (KeyError, TypeError, IndexError):
        raise record.bad(
            "question_decomposition", "needs question, answer and paragraph_support_idx each"
        ) from None


def _hop(text: str, answers: Sequence[str], position: int) -> Hop:
    needs = tuple(sorted({int(n) - 1 for n in _NEED.findall(text) if 0 < int(n) <= position}))
    query = _NEED.sub(lambda m: answers[int(m[1]) - 1] if int(m[1]) - 1 in needs else m[0], text)
    return Hop(query, answers[position], needs=needs)


def _passage(step: Any, paragraphs: Sequence[tuple[Passage, bool]]) -> Passage | None:
    position = step.get("paragraph_support_idx")
    if paragraphs and position is not None:
        passage, _ = paragraphs[int(position)]
        return passage
    document = step.get("document_id")  # "Title_0" in files without paragraphs
    return Passage(str(document).rpartition("_")[0]) if document else None
