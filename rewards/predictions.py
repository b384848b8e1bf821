"""Predictions files in, scores out: the published shapes and our own.

Read are JSONL of `{id, prediction, answers}`; SQuAD's `{id: answer}` and HotpotQA's
`{"answer": {id: answer}, "sp": …}`, both with a gold file; R1-Searcher's JSONL (`pred_ans`,
`answer`); GNN-RAG's JSONL (`prediction` and `ground_truth`, both lists). Files may be gzipped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import ConfigError, DataError, unknown_name
from ..files import parse_json, read_lines, read_text
from .answer import bag_cover, cover_em, exact_match, f1, f1_squad, hit, hit_at_1, list_f1

_MISSING = object()
_PREDICTED = {"prediction", "predictions", "pred_ans"}
_GOLD = {"answers", "golden_answers", "ground_truth"}


@dataclass(frozen=True, slots=True)
class Prediction:
    """One predicted answer (or, for knowledge-graph questions, several) and the gold."""

    id: str
    predictions: tuple[str, ...]
    """Empty when the system gave no answer: it scores 0 and stays in the average."""
    answers: tuple[str, ...]
    verdict: bool | None = None
    """What a judge said, where the file tells."""


def _of_first(
    metric: Callable[[str | None, Sequence[str]], float],
) -> Callable[[Prediction], float]:
    return lambda p: metric(p.predictions[0] if p.predictions else None, p.answers)


def _judged(prediction: Prediction) -> float:
    if prediction.verdict is None:
        raise ConfigError("Metric 'judged' needs a file with a judge's verdicts.")
    return float(prediction.verdict)


METRICS: dict[str, Callable[[Prediction], float]] = {
    "em": _of_first(exact_match),
    "f1": _of_first(f1),
    "f1_squad": _of_first(f1_squad),
    "cover_em": _of_first(cover_em),
    "bag_cover": _of_first(bag_cover),
    "judged": _judged,
    "hit": lambda p: hit(p.predictions, p.answers),
    "hit_at_1": lambda p: hit_at_1(p.predictions, p.answers),
    "list_f1": lambda p: list_f1(p.predictions, p.answers),
}
DEFAULT_METRICS = ("em", "f1", "cover_em")


def score_predictions(
    predictions: Sequence[Prediction], metrics: Sequence[str] = DEFAULT_METRICS
) -> dict[str, float]:
    """Return the mean of each metric.

    Raises:
        DataError: If there are no predictions.
        UnknownNameError: If a metric does not exist.
    """
    for name in metrics:
        if name not in METRICS:
            raise unknown_name("metric", name, METRICS, "hopgym score --help")
    if not predictions:
        raise DataError("There are no predictions to score.")
    return {name: sum(map(METRICS[name], predictions)) / len(predictions) for name in metrics}


def read_predictions(path: str | Path, gold: str | Path | None = None) -> list[Prediction]:
    """Read a predictions file of any known shape.

    Args:
        path: The file.
        gold: The gold answers, for shapes that carry none: SQuAD's data file, or JSONL with `id`
            (or `_id`) and `answer` (or `answers`).

    Raises:
        DataError: If a record is bad; the message names the file, the line and the field.
        ConfigError: If the shape needs a gold file and none is given.
    """
    whole = _as_one_object(path)
    if whole is None:
        return [_record(value, where) for where, value in _records(path)]
    given = whole.get("answer", whole)
    if gold is None:
        raise ConfigError(f"{path} holds answers by id and no gold; pass --gold FILE.")
    answers = read_gold(gold)
    return [
        Prediction(id, (str(given[id]),) if given.get(id) else (), accepted)
        for id, accepted in answers.items()
    ]


def read_gold(path: str | Path) -> dict[str, tuple[str, ...]]:
    """Read accepted answers by id from SQuAD's data file or from JSONL."""
    whole = _as_one_object(path)
    if whole is not None and isinstance(whole.get("data"), list):
        return {
            qa["id"]: tuple(_text(answer) for answer in qa["answers"])
            for article in whole["data"]
            for paragraph in article["paragraphs"]
            for qa in paragraph["qas"]
        }
    gold = {}
    for where, record in _records(path):
        id = _field(record, ("id", "_id"), where)
        gold[str(id)] = _texts(
            _field(record, ("answers", "answer", "golden_answers"), where), where
        )
    return gold


def _record(record: Any, where: str) -> Prediction:
    if not isinstance(record, dict):
        raise DataError(f"{where}: a record must be a JSON object, not {type(record).__name__}.")
    predicted = _field(record, ("prediction", "predictions", "pred_ans"), where)
    answers = _field(record, ("answers", "answer", "ground_truth", "golden_answers"), where)
    verdict = record.get("gpt4o_output")
    return Prediction(
        str(record.get("id", where)),
        () if predicted in (None, "") else _texts(predicted, where),
        _texts(answers, where),
        None if verdict is None else verdict == "True",
    )


def _as_one_object(path: str | Path) -> Mapping[str, Any] | None:
    """Return the file's object if it is one JSON object; None if it holds a record a line."""
    lines = (line for line in read_lines(path) if line.strip())
    first, second = next(lines, ""), next(lines, "")
    try:
        record = parse_json(first, str(path))
    except DataError:  # an object over several lines, or a bad first record
        return parse_json(read_text(path), str(path)) if first.strip() in ("{", "[") else None
    alone = not second and isinstance(record, dict)
    return record if alone and not (_PREDICTED & record.keys() or _GOLD & record.keys()) else None


def _records(path: str | Path) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(read_lines(path), 1):
        if line.strip():
            yield f"{path}:{number}", parse_json(line, f"{path}:{number}")


def _field(record: Mapping[str, Any], names: Sequence[str], where: str) -> Any:
    for name in names:
        value = record.get(name, _MISSING)
        if value is not _MISSING:
            return value
    raise DataError(f"{where}: field `{names[0]}` is missing. Add it (or {', '.join(names[1:])}).")


def _texts(value: Any, where: str) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(v, str | int | float | dict) for v in values):
        raise DataError(f"{where}: an answer must be text or a list of texts, not {value!r:.80}.")
    return tuple(_text(v) for v in values)


def _text(value: Any) -> str:
    return str(value["text"]) if isinstance(value, dict) else str(value)
