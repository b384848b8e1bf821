"""Plain questions: JSON or JSON lines of `{id, question, answer}`, and nothing more needed.

They may tell their gold as a `Question` of ours does: `type`, `document_ids` and `hops`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...core import Hop, Question
from .drafts import Draft, load_file, passage_id
from .loaded import LoadedQuestions
from .records import Record

_KEPT = ("type", "level", "source", "data_source", "dataset", "support")
_HOP = ("query", "answer", "document_ids", "needs", "source")


def load_plain(path: str | Path, *, split: str = "train", **options: Any) -> LoadedQuestions:
    """Load plain questions.

    Args:
        path: A JSON list or JSON-lines file. `answer` or `answers` may be a text or a list of
            texts; `id` (or `_id`, `idx`) may be left out, and is then made from the question.
            `type` (a text), `document_ids` (a list of ids) and `hops` (a list of `{query, answer,
            document_ids, needs}`) may be given.
        split: What to call the file's split.
        **options: `documents`, `strict` and `limit`, as in `hopgym.envs.datasets.drafts.load`.
    """
    return load_file(Path(path).name.partition(".")[0], convert, path, split=split, **options)


def convert(record: Record) -> Draft:
    """Read one record."""
    text = record.text("question", "Question")
    named = [field for field in ("id", "_id", "idx") if field in record]
    question = Question(
        record.id(*named) if named else passage_id("", text),
        text,
        record.texts("answer", "answers", "golden_answers", "Answer"),
        type=record.text("type") if record.get("type", "") != "" else "",
        hops=_hops(record),
        document_ids=record.ids("document_ids"),
        metadata={key: record.get(key) for key in _KEPT if key in record},
    )
    return Draft(question)


def _hops(record: Record) -> tuple[Hop, ...]:
    values = record.list("hops") if "hops" in record else ()
    return tuple(_hop(record, place, value, len(values)) for place, value in enumerate(values))


def _hop(record: Record, place: int, value: Any, count: int) -> Hop:
    """Read a hop; what it needs are other hops, numbered from 0."""
    if not isinstance(value, Mapping):
        raise record.bad(f"hops[{place}]", f"must be {{query, answer, …}}, not {value!r:.60}")
    hop = Record(value, f"{record.where} hops[{place}]")
    if unknown := [field for field in value if field not in _HOP]:
        raise hop.bad(unknown[0], f"is no field of a hop; it has {', '.join(_HOP)}")
    needs = hop.list("needs") if "needs" in hop else ()
    if not all(type(n) is int and 0 <= n < count and n != place for n in needs):
        raise hop.bad("needs", f"must be places of other hops, from 0, not {needs!r:.60}")
    source = hop.text("source") if "source" in hop else "General"
    return Hop(hop.text("query"), hop.text("answer"), hop.ids("document_ids"), tuple(needs), source)
