"""Plain questions: JSON or JSON lines of `{id, question, answer}`, and nothing more needed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...core import Question
from .drafts import Draft, load_file, passage_id
from .loaded import LoadedQuestions
from .records import Record

_KEPT = ("type", "level", "source", "data_source", "dataset", "support")


def load_plain(path: str | Path, *, split: str = "train", **options: Any) -> LoadedQuestions:
    """Load plain questions.

    Args:
        path: A JSON list or JSON-lines file. `answer` or `answers` may be a text or a list; `id`
            (or `_id`, `idx`) may be left out, and is then made from the question.
        split: What to call the file's split.
        **options: `documents`, `strict` and `limit`, as in `hopgym.envs.datasets.drafts.load`.
    """
    return load_file(Path(path).name.partition(".")[0], convert, path, split=split, **options)


def convert(record: Record) -> Draft:
    """Read one record."""
    text = record.text("question", "Question")
    named = [field for field in ("id", "_id", "idx") if field in record]
    question = Question(
        record.text(*named) if named else passage_id("", text),
        text,
        record.texts("answer", "answers", "golden_answers", "Answer"),
        type=str(record.get("type", "")),
        metadata={key: record.get(key) for key in _KEPT if key in record},
    )
    return Draft(question)
