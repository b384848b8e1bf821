"""Files of verdicts: what others have said of answers, to hold a judge against.

Read are JSON lines of `{question, prediction, answers, verdict}`, with `type` if it is not a fact,
and R1-Searcher's (`question`, `pred_ans`, `answer`, `gpt4o_output`). Files may be gzipped. It knows
files and nothing of judges.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast, get_args

from ...errors import DataError
from ...files import read_jsonl
from .base import Claim, ClaimType

FIELDS: Mapping[str, tuple[str, ...]] = {
    "question": ("question",),
    "prediction": ("prediction", "pred_ans"),
    "answers": ("answers", "answer"),
    "verdict": ("verdict", "gpt4o_output"),
}
"""What a record says, and the names that its field may have."""

_SAID = {"true": 1.0, "false": 0.0}


class Judged(NamedTuple):
    """A claim, and what was said of it."""

    claim: Claim
    verdict: float
    """From 0 to 1."""
    where: str
    """The file and the line."""


def read_verdicts(path: str | Path) -> list[Judged]:
    """Read a file of verdicts of either shape.

    Raises:
        DataError: If a record is bad; the message names the file, the line and the field. Or if
            there is no record.
    """
    found = [_read(record, f"{path}:{number}") for number, record in read_jsonl(path)]
    if not found:
        raise DataError(
            f"{path} holds no verdicts. Give JSON lines of question, prediction, answers, verdict."
        )
    return found


def _read(record: Any, where: str) -> Judged:
    if not isinstance(record, Mapping):
        raise DataError(
            f"{where}: a record must be a JSON object, not {type(record).__name__}. Each line has "
            "question, prediction, answers and verdict."
        )
    claim = Claim(
        _text(record, "question", where),
        _text(record, "prediction", where),
        _answers(record, where),
        _type(record, where),
    )
    return Judged(claim, _verdict(record, where), where)


def _field(record: Mapping[str, Any], what: str, where: str) -> tuple[str, Any]:
    """Return the name and the value of a field that a record must have."""
    for name in FIELDS[what]:
        if name in record:
            return name, record[name]
    names = " or ".join(f"`{name}`" for name in FIELDS[what])
    there = ", ".join(map(str, list(record)[:8])) or "none"
    raise DataError(f"{where}: field {names} is missing. Add it. Its fields: {there}.")


def _text(record: Mapping[str, Any], what: str, where: str) -> str:
    name, value = _field(record, what, where)
    if value is None and what == "prediction":
        return ""  # no answer was given: that can be judged
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise DataError(f"{where}: field `{name}` must be text, not {value!r:.60}.")
    return str(value)


def _answers(record: Mapping[str, Any], where: str) -> tuple[str, ...]:
    name, value = _field(record, "answers", where)
    values: Sequence[Any] = value if isinstance(value, list) else [value]
    fine = all(isinstance(v, str | int | float) and not isinstance(v, bool) for v in values)
    if not values or not fine:
        raise DataError(
            f"{where}: field `{name}` must be text, or a list of one or more texts, not "
            f"{value!r:.60}."
        )
    return tuple(map(str, values))


def _type(record: Mapping[str, Any], where: str) -> ClaimType:
    value = record.get("type", "fact")
    if value not in get_args(ClaimType):
        raise DataError(
            f"{where}: field `type` is {value!r:.60}; it is one of: {', '.join(get_args(ClaimType))}."
        )
    return cast("ClaimType", value)


def _verdict(record: Mapping[str, Any], where: str) -> float:
    name, value = _field(record, "verdict", where)
    if isinstance(value, str):
        value = _SAID.get(value.strip().lower(), value)
    if not isinstance(value, int | float) or not 0 <= value <= 1:
        raise DataError(
            f"{where}: field `{name}` must be a number from 0 to 1, true or false, or "
            f'"True" or "False", not {value!r:.60}.'
        )
    return float(value)
