"""How predictions and gold files look: what stands where, and what is wrong with those that are not.

It knows JSON lines, JSON lists and one JSON object, and nothing of what is scored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Prediction:
    """One predicted answer (or, for knowledge-graph questions, several) and the gold."""

    id: str
    predictions: tuple[str, ...]
    """Empty when the system gave no answer: it scores 0 and stays in the average."""
    answers: tuple[str, ...]
    verdict: bool | None = None
    """What a judge said, where the file tells."""


def read_file(path: str | Path) -> Mapping[str, Any] | Placed:
    """Read a file: as its records, or as the one JSON object that it is.

    Raises:
        DataError: If it is no JSON; the message says what it should be.
    """
    if Path(path).is_dir():
        raise DataError(
            f"{path} is a folder; predictions and gold are each one file. Name the file in it."
        )
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
    text = read_text(path)
    whole = parse_json(text, str(path)) if first else []
    if isinstance(whole, list):
        return [(f"{path} record {number}", value) for number, value in enumerate(whole, 1)]
    if _is_record(whole):
        return [(f"{path}:1", whole)]
    return dict(json.loads(text, object_pairs_hook=lambda pairs: _unique(pairs, path)))


def _unique(pairs: list[tuple[str, Any]], path: str | Path) -> dict[str, Any]:
    """Return an object; of a name that stands in it twice, JSON itself would keep the last."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if found.setdefault(name, value) != value:
            raise DataError(
                f"{path}: {name!r} stands twice in one object, with {found[name]!r:.60} and "
                f"{value!r:.60}. Keep one of them."
            )
    return found


def _opens(line: str) -> bool:
    """Whether a line opens a value that goes on below."""
    return line in ("{", "[") or line[-1] in "{[,"


def _is_record(value: Mapping[str, Any]) -> bool:
    """Whether an object is one record and not answers by id: HotpotQA's has `answer` too."""
    names = (*PREDICTED, *IDS, "answers", "golden_answers", "ground_truth")
    return any(name in value for name in names)


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


def by_id(content: Mapping[str, Any], path: str) -> list[Prediction]:
    """Read SQuAD's and HotpotQA's shapes: one JSON object of answers by id."""
    given = content.get("answer", content)
    if not given:
        raise DataError(f"{path} holds no predictions: there is nothing to score. Check the file.")
    if not isinstance(given, Mapping):
        raise DataError(f"{path}: `answer` must be an object of answers by id, not {given!r:.60}.")
    for id, value in given.items():
        if not (value is None or isinstance(value, str | int | float)):
            raise DataError(
                f"{path} is one JSON object, and {id!r} holds {value!r:.60} where an answer should "
                "be. Predictions are JSON lines of {id, prediction, answers}, or one object "
                "{id: answer}."
            )
    return [
        Prediction(id, () if value in (None, "") else (str(value),), ())
        for id, value in given.items()
    ]


def squad(content: Mapping[str, Any], path: str) -> list[Prediction]:
    """Read gold from SQuAD's data file: predictions that predict nothing yet."""
    try:
        questions = [
            qa
            for article in content["data"]
            for paragraph in article["paragraphs"]
            for qa in paragraph["qas"]
        ]
        return [Prediction(str(qa["id"]), (), texts(qa["answers"], path)) for qa in questions]
    except (KeyError, TypeError, AttributeError):
        keys = ", ".join(list(content)[:5])
        raise DataError(
            f"{path} is one JSON object with {keys}. Gold is SQuAD's data file, or JSON lines or a "
            "JSON list of {id, answers}."
        ) from None


def read_record(
    record: Any, where: str, gold: Mapping[str, tuple[str, ...]] | None = None
) -> Prediction:
    """Read one record of predictions; where gold is given, its answers count."""
    predicted = field(record, PREDICTED, where)
    named = next((record[name] for name in IDS if record.get(name) is not None), where)
    id = str(named if gold is None else field(record, IDS, where))
    return Prediction(
        id,
        () if predicted in (None, "") else texts(predicted, where),
        gold.get(id, ()) if gold is not None else _accepted(record, where),
        _verdict(record.get("gpt4o_output"), where),
    )


def read_gold_record(record: Any, where: str) -> Prediction:
    """Read one record of gold: a prediction that predicts nothing yet."""
    return Prediction(str(field(record, IDS, where)), (), _accepted(record, where))


def _verdict(value: Any, where: str) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    if value not in ("True", "False"):
        raise DataError(
            f'{where}: field `gpt4o_output` is a judge\'s verdict, "True" or "False", not '
            f"{value!r:.60}."
        )
    return bool(value == "True")


def _accepted(record: Any, where: str) -> tuple[str, ...]:
    given = texts(field(record, GOLD, where, cure="Add it, or pass --gold FILE"), where)
    aliases = record.get("answer_aliases")
    more = texts(aliases, where) if aliases else ()
    return (*given, *(alias for alias in more if alias not in given))
