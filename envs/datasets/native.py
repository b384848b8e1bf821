"""hopgym's own questions: a file of one `hopgym.core.Question` a line.

It reads what `hopgym world` writes, and lines of plain questions too; folders are made of such files.
"""

from __future__ import annotations

from collections.abc import Container
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from ...core import Question
from ...errors import DataError
from ...files import parse_json, read_lines
from ...retrieval.corpus import read_documents
from .base import check_questions
from .loaded import LoadedQuestions
from .plain import convert
from .records import CURE, Record, check_limit, warn_skipped


def load_native(
    path: str | Path,
    *,
    split: str = "train",
    documents: str | None = None,
    strict: bool = True,
    limit: int | None = None,
) -> LoadedQuestions:
    """Load hopgym's own questions, one JSON record of `hopgym.core.Question` a line.

    Args:
        path: The file, gzipped or not.
        split: What to call its split.
        documents: A corpus file to search.
        strict: Whether a bad line raises; otherwise it is skipped, and a warning says how many
            were.
        limit: Read no more lines than this.
    """
    corpus = read_documents(documents) if documents else ()
    skipped: list[str] = []
    questions = read_questions(path, limit=limit, skipped=None if strict else skipped)
    if not questions:
        told = f"; first: {skipped[0]}" if skipped else ""
        raise DataError(f"{path}: no question could be read{told}.")
    warn_skipped(Path(path).stem, skipped)
    return LoadedQuestions(Path(path).stem, {split: questions}, corpus, skipped)


def read_questions(
    path: str | Path, *, limit: int | None = None, skipped: list[str] | None = None
) -> tuple[Question, ...]:
    """Read one `Question` a line, written as one or as a plain question.

    Args:
        path: The file.
        limit: Read no more lines than this; blank ones do not count.
        skipped: Is told of bad lines; where it is None, the first one raises.

    Raises:
        DataError: If a line is no question, or its id stands above already; the message names the
            file, the line and the field.
    """
    lines = ((n, line) for n, line in enumerate(read_lines(path), 1) if line.strip())
    questions: dict[str, Question] = {}
    for number, line in islice(lines, check_limit(limit)):
        try:
            question = _question(line, f"{path}:{number}", questions)
            questions[question.id] = question
        except DataError as error:
            if skipped is None:
                raise
            skipped.append(str(error))
    return tuple(questions.values())


_DECODER = msgspec.json.Decoder(Question)


def _question(line: str, where: str, above: Container[str]) -> Question:
    try:
        question = _DECODER.decode(line)
    except (msgspec.DecodeError, RecursionError) as error:
        question = _otherwise(line, where, error)
    if question.id in above:
        raise DataError(f"{where}: the id {question.id!r} stands above already. {CURE}")
    if not question.answers:
        raise DataError(f"{where}: the question has no answers. {CURE}")
    check_questions([question], where)
    return question


def _otherwise(line: str, where: str, error: Exception) -> Question:
    """Read a question by its plain names or with triples for facts, or say what was wrong by ours."""
    value = parse_json(line, where)
    if isinstance(value, dict) and "text" not in value and {"question", "Question"} & set(value):
        return convert(Record(value, where)).question
    if isinstance(value, dict) and isinstance(value.get("facts"), list):
        facts = [_named(triple) for triple in value["facts"]]
        try:
            return msgspec.convert({**value, "facts": facts}, Question)
        except msgspec.ValidationError as wrong:
            error = wrong
    triples = " Facts are [head, relation, tail], three texts." if "$.facts" in str(error) else ""
    raise DataError(
        f"{where}: no question ({error}). It needs id, text and answers, or question and answer."
        f"{triples} {CURE}"
    ) from error


def _named(triple: Any) -> Any:
    """Name the parts of a triple; leave what is none as it is."""
    if isinstance(triple, list) and len(triple) == 3:
        return dict(zip(("head", "relation", "tail"), triple, strict=True))
    return triple
