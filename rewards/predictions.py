"""Predictions files in, scores out: the published shapes and our own.

Read are JSONL of `{id, prediction, answers}`; SQuAD's `{id: answer}` and HotpotQA's
`{"answer": {id: answer}, "sp": …}`, both with a gold file; R1-Searcher's JSONL (`pred_ans`,
`answer`); GNN-RAG's JSONL (`prediction` and `ground_truth`, both lists). Files may be gzipped, and
a JSON list is as good as JSON lines. How files look is in `predictions_files`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import ConfigError, DataError, unknown_name
from .answer import bag_cover, cover_em, exact_match, f1, f1_squad, hit, hit_at_1, list_f1
from .predictions_files import GOLD, IDS, PREDICTED, field, read_file, texts

Tell = Callable[[str], object]
"""Is told, in a sentence, what does not fit together."""


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


def read_predictions(
    path: str | Path, gold: str | Path | None = None, *, tell: Tell = lambda _: None
) -> list[Prediction]:
    """Read a predictions file of any known shape.

    Args:
        path: The file.
        gold: The gold answers, joined by id: SQuAD's data file, or JSONL with `id` (or `_id`) and
            `answer` (or `answers`). They count, whatever answers the predictions carry. A question
            without a prediction scores 0 and stays in the average.
        tell: Is told of ids that stand twice, are missing, or are not in the gold.

    Raises:
        DataError: If a record is bad; the message names the file, the line and the field. Or if no
            prediction has an id of the gold.
        ConfigError: If the shape needs a gold file and none is given.
    """
    content = read_file(path)
    if isinstance(content, Mapping):
        if gold is None:
            raise ConfigError(f"{path} holds answers by id and no gold; pass --gold FILE.")
        return _join(_by_id(content, str(path)), read_gold(gold, tell=tell), tell, gold)
    if gold is not None:
        answers = read_gold(gold, tell=tell)
        found = [_record(value, where, answers) for where, value in content]
        return _join(found, answers, tell, gold)
    predictions = [_record(value, where) for where, value in content]
    twice = _twice([prediction.id for prediction in predictions])
    if twice:
        tell(f"{_some(twice)} more than once in {path}; each time counts.")
    return predictions


def read_gold(path: str | Path, *, tell: Tell = lambda _: None) -> dict[str, tuple[str, ...]]:
    """Read accepted answers by id from SQuAD's data file or from JSONL.

    Raises:
        DataError: If it holds none.
    """
    content = read_file(path)
    if isinstance(content, Mapping):
        pairs = _squad(content, str(path))
    else:
        pairs = [
            (str(field(record, IDS, where)), _accepted(record, where)) for where, record in content
        ]
    twice = _twice([id for id, _ in pairs])
    if twice:
        tell(f"{_some(twice)} more than once in {path}; the first counts.")
    if not pairs:
        raise DataError(f"{path} holds no gold answers.")
    gold: dict[str, tuple[str, ...]] = {}
    for id, answers in pairs:
        gold.setdefault(id, answers)
    return gold


def _join(
    predictions: Sequence[Prediction],
    gold: Mapping[str, tuple[str, ...]],
    tell: Tell,
    path: str | Path,
) -> list[Prediction]:
    """Give every question of the gold its prediction, or an empty one."""
    ids = [prediction.id for prediction in predictions]
    first = {prediction.id: prediction for prediction in reversed(predictions)}
    twice, strange = _twice(ids), [id for id in first if id not in gold]
    missing = [id for id in gold if id not in first]
    if predictions and len(missing) == len(gold):
        raise DataError(
            f"No prediction has an id of {path}: the predictions' first is {ids[0]!r}, the gold's "
            f"{next(iter(gold))!r}. Give the gold of the same questions."
        )
    if twice:
        tell(f"{_some(twice)} more than once in the predictions; the first counts.")
    if missing:
        tell(f"{len(missing)} of {len(gold)} questions have no prediction and score 0.")
    if strange:
        tell(f"{_some(strange)} not in {path} and {'is' if len(strange) == 1 else 'are'} left out.")
    return [
        replace(first[id], answers=answers) if id in first else Prediction(id, (), answers)
        for id, answers in gold.items()
    ]


def _by_id(content: Mapping[str, Any], path: str) -> list[Prediction]:
    """Read SQuAD's and HotpotQA's shapes: one JSON object of answers by id."""
    given = content.get("answer", content)
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


def _squad(content: Mapping[str, Any], path: str) -> list[tuple[str, tuple[str, ...]]]:
    try:
        questions = [
            qa
            for article in content["data"]
            for paragraph in article["paragraphs"]
            for qa in paragraph["qas"]
        ]
        return [(str(qa["id"]), texts(qa["answers"], path)) for qa in questions]
    except (KeyError, TypeError, AttributeError):
        keys = ", ".join(list(content)[:5])
        raise DataError(
            f"{path} is one JSON object with {keys}. Gold is SQuAD's data file, or JSON lines or a "
            "JSON list of {id, answers}."
        ) from None


def _record(
    record: Any, where: str, gold: Mapping[str, tuple[str, ...]] | None = None
) -> Prediction:
    predicted = field(record, PREDICTED, where)
    verdict = record.get("gpt4o_output")
    named = next((record[name] for name in IDS if record.get(name) is not None), where)
    id = str(named if gold is None else field(record, IDS, where))
    return Prediction(
        id,
        () if predicted in (None, "") else texts(predicted, where),
        gold.get(id, ()) if gold is not None else _accepted(record, where),
        None if verdict is None else verdict == "True",
    )


def _accepted(record: Any, where: str) -> tuple[str, ...]:
    given = texts(field(record, GOLD, where, cure="Add it, or pass --gold FILE"), where)
    aliases = record.get("answer_aliases")
    more = texts(aliases, where) if aliases else ()
    return (*given, *(alias for alias in more if alias not in given))


def _twice(ids: Sequence[str]) -> list[str]:
    seen: set[str] = set()
    return [id for id in ids if id in seen or seen.add(id)]  # type: ignore[func-returns-value]


def _some(ids: Sequence[str]) -> str:
    """Name the first of some ids, and how many there are.

    >>> _some(["a"]), _some(["a", "b", "c", "d"])
    ("1 id ('a') stands", "4 ids ('a', 'b', 'c', …) stand")
    """
    first = ", ".join(map(repr, ids[:3])) + (", …" if ids[3:] else "")
    return f"{len(ids)} id{'s' * (len(ids) > 1)} ({first}) stand{'s' * (len(ids) == 1)}"
