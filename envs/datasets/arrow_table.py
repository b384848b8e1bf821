"""Knowledge-graph questions in tables: parquet files and the hub, through the `datasets` library.

Tables lie in a file that is mapped into memory. The narrow columns are read and checked at once, the
graphs one question at a time.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...core import Question
from ...errors import DataError, require
from ...files import fingerprint
from .graph_records import FactPool, read_graphs
from .hub import table
from .lazy import LazyQuestions, SplitQuestions
from .records import Record, check_limit

WIDE = ("graph",)
"""The columns that are left in the file until a question is asked for."""


class Reading(NamedTuple):
    """How a set's records are read."""

    outline: Callable[[Record], Question]
    """Reads all but the wide columns."""
    convert: Callable[[Record, FactPool], Question]
    """Reads a whole record."""


def load_table(
    name: str,
    reading: Reading,
    path: str | Path | None,
    *,
    split: str,
    hub: tuple[str, str | None],
    strict: bool = True,
    limit: int | None = None,
) -> SplitQuestions:
    """Build a question set from a parquet file, or where none is given, from the hub.

    Args:
        name: The set's name.
        reading: Reads one record; both must be functions of a module.
        path: A parquet file; None asks the hub.
        split: What to call the file's split, or the hub's split to load.
        hub: The data set's name on the hub, or a local folder of it, and its configuration.
        strict: Whether a bad record raises; otherwise it is skipped.
        limit: Read no more records than this.

    Raises:
        MissingExtraError: If `datasets` is not installed.
        DataError: If the table cannot be had, or a record is bad. A bad graph is found when its
            question is first asked for.
    """
    rows = table(*hub, split) if path is None else parquet(path, split)
    where = f"{hub[0]} {split}" if path is None else str(path)
    if check_limit(limit) is not None:
        rows = rows.select(range(min(limit or 0, len(rows))))
    outlines, numbers, skipped = _outlines(f"{name} {split}", reading, rows, where, strict)
    questions = LazyQuestions(outlines, partial(_complete, rows, numbers, where, reading))
    identify = partial(_identify, rows, numbers, outlines)
    return SplitQuestions(name, {split: partial(_both, questions, skipped)}, identify)


def parquet(path: str | Path, split: str = "train") -> Any:
    """Open a parquet file.

    Raises:
        DataError: If it is not there, or is no parquet file.
    """
    if not Path(path).is_file():
        raise DataError(
            f"No file {str(path)!r}. Check the path; it is read relative to {Path.cwd()}."
        )
    datasets = require("datasets", "hub")
    try:
        return datasets.load_dataset("parquet", data_files={split: str(path)}, split=split)
    except (OSError, ValueError, RuntimeError, datasets.exceptions.DatasetsError) as error:
        raise DataError(f"{path} could not be read as parquet: {error}.") from error


def columns(path: str | Path) -> Sequence[str]:
    """Return the names of a parquet file's columns.

    Raises:
        DataError: If it is no parquet file.
    """
    reader = require("pyarrow.parquet", "hub")
    try:
        return tuple(reader.read_schema(path).names)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} could not be read as parquet: {error}.") from error


def _outlines(
    name: str, reading: Reading, rows: Any, where: str, strict: bool
) -> tuple[tuple[Question, ...], list[int], tuple[str, ...]]:
    """Return the questions without their graphs, the rows they come from, and what was skipped."""
    numbers: dict[str, int] = {}
    narrow = rows.remove_columns([column for column in WIDE if column in rows.column_names])
    values = ((f"{where} row {number}", row) for number, row in enumerate(narrow, 1))

    def outline(record: Record) -> Question:
        question = reading.outline(record)
        numbers.setdefault(question.id, int(record.where.rpartition(" ")[2]) - 1)
        return question

    outlines, skipped = read_graphs(name, outline, values, strict=strict)
    return outlines, [numbers[question.id] for question in outlines], skipped


def _complete(
    rows: Any, numbers: Sequence[int], where: str, reading: Reading, place: int, _: Question
) -> Question:
    number = numbers[place]
    return reading.convert(Record(rows[number], f"{where} row {number + 1}"), FactPool())


def _both(
    questions: Sequence[Question], skipped: Sequence[str]
) -> tuple[Sequence[Question], Sequence[str]]:
    return questions, skipped


def _identify(rows: Any, numbers: Sequence[int], outlines: Sequence[Question]) -> str:
    wide = [rows.data.column(column) for column in WIDE if column in rows.column_names]
    return fingerprint([outlines, list(numbers), [_digest(column) for column in wide]])


def _digest(column: Any) -> list[str]:
    """Name the texts of a column of lists of lists, however the table is cut into chunks."""
    levels: dict[int, Any] = defaultdict(hashlib.sha256)
    for chunk in column.chunks:
        level = 0
        while hasattr(chunk, "offsets"):  # a list of lists: how long each is, and what is in it
            levels[level].update(np.diff(chunk.offsets.to_numpy()).astype(np.int64).tobytes())
            level, chunk = level + 1, chunk.flatten()
        for place, part in enumerate(_texts(chunk), level):
            levels[place].update(part)
    return [digest.hexdigest() for digest in levels.values()]


def _texts(array: Any) -> tuple[bytes, bytes]:
    """Return the lengths of texts and the texts, as bytes."""
    kind = np.int64 if "large" in str(array.type) else np.int32
    _, ends, data = (*array.buffers(), None, None)[:3]
    if ends is None or data is None:  # no texts
        return b"", b""
    offsets = np.frombuffer(ends, kind)[array.offset : array.offset + len(array) + 1]
    first, last = int(offsets[0]), int(offsets[-1])
    return np.diff(offsets).astype(np.int64).tobytes(), data.slice(first, last - first).to_pybytes()
