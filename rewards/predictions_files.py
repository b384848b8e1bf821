"""How predictions and gold files look: what stands where, and what is wrong with those that are not.

It knows JSON lines, JSON lists and one JSON object, and nothing of what is scored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import DataError
from ..files import parse_json, read_jsonl, read_lines, read_text

PREDICTED = ("prediction", "predictions", "pred_ans")
GOLD = ("answers", "answer", "ground_truth", "golden_answers")
IDS = ("id", "_id", "question_id")

Placed = list[tuple[str, Any]]
"""Values, each with the place where it stands."""

_MISSING = object()


def read_file(path: str | Path) -> Mapping[str, Any] | Placed:
    """Read a file: as its records, or as the one JSON object that it is.

    Raises:
        DataError: If it is no JSON; the message says what it should be.
    """
    lines = (line for line in read_lines(path) if line.strip())
    first, second = next(lines, "").strip(), next(lines, "")
    if first and first[0] not in "{[":
        raise DataError(
            f"{path} is no JSON: it begins with {first[:60]!r}. Predictions and gold are JSON lines, "
            'such as {"id": "q1", "prediction": "Leeds", "answers": ["Leeds"]}; a table (CSV, '
            "TSV) must be turned into them."
        )
    if second and not _opens(first):
        return [(f"{path}:{number}", value) for number, value in read_jsonl(path)]
    whole = parse_json(read_text(path), str(path)) if first else []
    if isinstance(whole, list):
        return [(f"{path} record {number}", value) for number, value in enumerate(whole, 1)]
    if _is_record(whole):
        return [(f"{path}:1", whole)]
    return dict(whole)


def _opens(line: str) -> bool:
    """Whether a line opens a value that goes on below."""
    return line in ("{", "[") or line[-1] in "{[,"


def _is_record(value: Mapping[str, Any]) -> bool:
    """Whether an object is one record and not answers by id: HotpotQA's has `answer` too."""
    return any(name in value for name in (*PREDICTED, "answers", "golden_answers", "ground_truth"))


def field(record: Any, names: Sequence[str], where: str, *, cure: str = "Add it") -> Any:
    """Return the first of these fields that a record has.

    Raises:
        DataError: If it has none, or is no object.
    """
    if not isinstance(record, Mapping):
        raise DataError(f"{where}: a record must be a JSON object, not {type(record).__name__}.")
    for name in names:
        value = record.get(name, _MISSING)
        if value is not _MISSING:
            return value
    raise DataError(
        f"{where}: field `{names[0]}` (or {', '.join(names[1:])}) is missing. {cure}. "
        f"Its fields: {', '.join(map(str, list(record)[:8])) or 'none'}."
    )


def texts(value: Any, where: str) -> tuple[str, ...]:
    """Return an answer, or a list of them, as texts.

    Raises:
        DataError: If one is no text.
    """
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(v, str | int | float) or _is_text(v) for v in values):
        raise DataError(f"{where}: an answer must be text or a list of texts, not {value!r:.80}.")
    return tuple(str(v["text"]) if isinstance(v, Mapping) else str(v) for v in values)


def _is_text(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("text"), str)
