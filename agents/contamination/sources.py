"""Questions of whatever can be trained on or played: sets, files of steps, and of conversations.

`QUESTIONS`, `QUESTIONS@SPLIT`, a raw file or instruction rows of `hopgym expert collect`, or a file of
conversations. A trained model's folder holds hashes and no questions:
[`record`][hopgym.agents.contamination.record] reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ...core import Question
from ...envs.contamination import Asked, asked
from ...envs.contamination.keys import slim
from ...envs.conversations.chats import make_chats
from ...envs.conversations.converters import shape_of
from ...envs.datasets import make_questions
from ...envs.datasets.base import check_split, default_split
from ...envs.datasets.records import first_record
from ..expert.published import read_rows
from ..expert.raw import CHAINS
from ..expert.rows import StepRow

_FILES = (".json", ".jsonl", ".gz")


def read_asked(spec: str, *preferred: str, graphs: bool = False, limit: int | None = None) -> Asked:
    """Return the questions of a specification.

    Args:
        spec: See above.
        *preferred: Which split is meant where none is named, the likeliest first.
        graphs: Whether to make the graphs of sets whose questions are completed when asked for.
        limit: The first so many alone.

    Raises:
        UnknownNameError: If no question set has that name.
        ConfigError: If there is no such split, or several and none is named.
        DataError: If the data cannot be read.
    """
    source = Path(spec)
    if source.suffix in _FILES and source.is_file():
        fields = first_record(source)
        if CHAINS in fields or {"instruction", "output"} <= set(fields):
            return of_rows(read_rows(source), spec)
        if shape_of(fields) is not None:
            return of_chats(make_chats(spec), spec)
    name, sign, split = spec.rpartition("@")
    question_set = make_questions(name if sign else spec)
    chosen = split if sign else default_split(question_set, *preferred)
    check_split(chosen, question_set.splits, question_set.name)
    found = asked(question_set, chosen)
    questions = question_set.questions(chosen) if graphs else found.questions
    kept = questions[:limit] if limit else questions
    return Asked(found.name, slim(kept) if graphs else kept, found.scope, found.documents)


def of_rows(rows: Iterable[StepRow], name: str) -> Asked:
    """Return the questions that steps are of, each once; of their ids no set is known."""
    texts = dict.fromkeys((row.question_id, row.question) for row in rows)
    return Asked(name, [Question(id, text, ("",)) for id, text in texts])


def of_chats(chats: Iterable[Mapping[str, Any]], name: str) -> Asked:
    """Return what the users of conversations ask, each turn a question."""
    questions: dict[str, Question] = {}
    for place, chat in enumerate(chats):
        known = str(chat.get("question_id", place))
        for turn, message in enumerate(chat["messages"]):
            text = message.get("content")
            if message.get("role") == "user" and isinstance(text, str) and text.strip():
                id = f"{known} turn {turn}"
                questions.setdefault(text, Question(id, text, ("",)))
    return Asked(name, list(questions.values()))
