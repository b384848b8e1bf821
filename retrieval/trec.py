"""TREC's run and qrels files: rankings and judgements as other tools exchange them.

A run has lines `query Q0 document rank score tag`, qrels have `query 0 document grade`, parted by
blanks. Rankings are ordered as trec_eval orders them: by score in single precision, equal scores by
document id from Z to A, whatever the rank says. To keep an order with equal scores, `write_run`
lowers each to the next smaller number, so that all tools read the ranking that was written.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from ..core import Question
from ..errors import ConfigError, DataError
from ..files import atomic_write, read_lines
from .base import Hits
from .writing import writable

Run = dict[str, list[tuple[str, float]]]
"""Query id to (document id, score), best first."""
Qrels = dict[str, dict[str, int]]
"""Query id to document id to grade; from 1 on it is relevant."""

_FIELD = re.compile(r"[^ \t\n\r\f\v]+")


def make_run(query_ids: Sequence[str], hits: Hits) -> Run:
    """Return hits as a run.

    Args:
        query_ids: The id of each query, in the order of the search.
        hits: What was found.

    Raises:
        ConfigError: If there are more ids than queries or fewer, or two queries share one.
    """
    if isinstance(query_ids, str):
        raise ConfigError(f"query_ids is one string, {query_ids!r:.100}; give a list of ids.")
    if len(query_ids) != len(hits.rows):
        raise ConfigError(
            f"{len(query_ids)} query ids were given for the hits of {len(hits.rows)} queries. "
            "Give one for each, in the order of the search."
        )
    if twice := [id for id, number in Counter(query_ids).items() if number > 1]:
        raise ConfigError(
            f"The query id {twice[0]!r} was given twice; a run has one ranking for each. Give "
            "each query an id of its own."
        )
    rows = zip(query_ids, hits.rows, strict=True)
    return {query: [(document.id, score) for document, score in row] for query, row in rows}


def make_qrels(questions: Iterable[Question]) -> Qrels:
    """Return questions' gold documents as judgements of grade 1."""
    return {question.id: dict.fromkeys(question.document_ids, 1) for question in questions}


def rankings(run: Mapping[str, Sequence[tuple[str, float]]]) -> dict[str, list[str]]:
    """Return a run's document ids, without the scores."""
    return {query: [document for document, _ in row] for query, row in run.items()}


def read_run(path: str | Path) -> Run:
    """Read a run file, plain or `.gz`, in trec_eval's order.

    Raises:
        DataError: If a line is none of a run, or a query has a document twice; the message names
            the file and the line.
    """
    scores: dict[str, dict[str, float]] = {}
    for where, (query, _, document, _, score, _) in _fields(
        path, 6, "query Q0 document rank score tag"
    ):
        row = scores.setdefault(query, {})
        if document in row:
            raise DataError(f"{where}: query {query!r} has {document!r} twice. Remove one line.")
        row[document] = _number(score, where)
    return {query: _ordered(row) for query, row in scores.items()}


def write_run(
    path: str | Path, run: Mapping[str, Sequence[tuple[str, float]]], tag: str = "hopgym"
) -> int:
    """Write a run file, atomically, so that trec_eval reads each ranking in the order given.

    Returns:
        How many lines were written.

    Raises:
        ConfigError: If an id cannot be written, a score is no finite number, or a ranking is not
            best first.
        DataError: If the file cannot be written.
    """
    lines = [
        f"{_word(query)} Q0 {_word(document)} {rank} {score} {_word(tag)}\n"
        for query, row in run.items()
        for rank, (document, score) in enumerate(_falling(query, row), 1)
    ]
    _write(path, lines)
    return len(lines)


def read_qrels(path: str | Path) -> Qrels:
    """Read a qrels file, plain or `.gz`.

    Raises:
        DataError: If a line is none of qrels, or a document is judged twice; the message names the
            file and the line.
    """
    qrels: Qrels = {}
    for where, (query, _, document, grade) in _fields(path, 4, "query 0 document grade"):
        row = qrels.setdefault(query, {})
        if document in row:
            raise DataError(f"{where}: query {query!r} judges {document!r} twice. Remove one line.")
        try:
            row[document] = int(grade)
        except ValueError:
            raise DataError(f"{where}: the grade is {grade!r}; give a whole number.") from None
    return qrels


def write_qrels(path: str | Path, qrels: Mapping[str, Mapping[str, int]]) -> int:
    """Write a qrels file, atomically.

    Returns:
        How many lines were written.

    Raises:
        ConfigError: If an id cannot be written.
        DataError: If the file cannot be written.
    """
    lines = [
        f"{_word(query)} 0 {_word(document)} {int(grade)}\n"
        for query, row in qrels.items()
        for document, grade in row.items()
    ]
    _write(path, lines)
    return len(lines)


def _fields(path: str | Path, count: int, shape: str) -> Iterator[tuple[str, list[str]]]:
    for number, line in enumerate(read_lines(path), 1):
        fields = _FIELD.findall(line)
        if not fields:
            continue
        where = f"{path}:{number}"
        if len(fields) != count:
            raise DataError(f"{where}: has {len(fields)} fields, not {count}: {shape!r}. Mend it.")
        yield where, fields


def _number(text: str, where: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if math.isnan(number):
        raise DataError(f"{where}: the score is {text!r}; give a number.")
    return number


def _ordered(row: Mapping[str, float]) -> list[tuple[str, float]]:
    by_id = sorted(row.items(), reverse=True)
    with np.errstate(over="ignore"):  # trec_eval reads what is too large as infinite, too
        singles = np.array([score for _, score in by_id]).astype(np.float32)
    return [by_id[place] for place in np.argsort(-singles, kind="stable")]


def _falling(query: str, row: Sequence[tuple[str, float]]) -> Iterator[tuple[str, str]]:
    """Yield documents with scores that fall in single precision, however little."""
    given, last = math.inf, np.float32(np.inf)
    for document, score in row:
        with np.errstate(over="ignore"):
            single = np.float32(score)
        if not np.isfinite(single):
            raise ConfigError(
                f"Query {query!r}: {document!r} has the score {score}; give a number."
            )
        if score > given:
            raise ConfigError(
                f"Query {query!r}: {document!r} scores {score}, more than the one before it "
                f"({given}). Give each ranking best first."
            )
        given, last = score, min(single, np.nextafter(last, np.float32(-np.inf)))
        yield document, str(last)


def _word(text: str) -> str:
    if not _FIELD.fullmatch(text) or not _is_utf8(text):
        raise ConfigError(
            f"{text!r} cannot stand in a TREC file, whose fields are parted by blanks. "
            "Give ids and tags of valid Unicode without blanks."
        )
    return text


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _write(path: str | Path, lines: Iterable[str]) -> None:
    with writable(path), atomic_write(path) as stream:
        for line in lines:
            stream.write(line.encode())
