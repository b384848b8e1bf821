"""Predictions files in, scores out: the published shapes and our own.

Read are JSONL of `{id, prediction, answers}`; SQuAD's `{id: answer}` and HotpotQA's
`{"answer": {id: answer}, "sp": …}`, both with a gold file; R1-Searcher's JSONL (`pred_ans`,
`answer`); GNN-RAG's JSONL (`prediction` and `ground_truth`, both lists). Files may be gzipped, and
a JSON list is as good as JSON lines. How files look is in `predictions_files`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import ConfigError, DataError, unknown_name
from .answer import bag_cover, cover_em, exact_match, f1, f1_squad, hit, hit_at_1, list_f1
from .kg.answers import f1_one_to_one, hit_at_1_exact, hit_exact
from .predictions_files import (
    Prediction,
    by_id,
    read_file,
    read_gold_record,
    read_record,
    squad,
)

Tell = Callable[[str], object]
"""Is told, in a sentence, what does not fit together."""


def _of_first(
    metric: Callable[[str | None, Sequence[str]], float],
) -> Callable[[Prediction], float]:
    return lambda p: metric(p.predictions[0] if p.predictions else None, p.answers)


def _judged(prediction: Prediction) -> float:
    if prediction.verdict is None and prediction.predictions:
        raise ConfigError(
            f"Metric 'judged' needs a judge's verdict with each prediction, and {prediction.id!r} "
            'has none. It is read from the predictions file itself: a field `gpt4o_output` of "True" '
            'or "False" in each record, as in R1-Searcher\'s files.'
        )
    return float(prediction.verdict or False)


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
    "hit_at_1_exact": lambda p: hit_at_1_exact(p.predictions, p.answers),
    "hit_exact": lambda p: hit_exact(p.predictions, p.answers),
    "f1_one_to_one": lambda p: f1_one_to_one(p.predictions, p.answers),
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
        tell: Is told of ids that are missing, are not in the gold, or stand again with the same
            prediction, which counts once.

    Raises:
        DataError: If a record is bad; the message names the file, the line and the field. Or if an
            id has two predictions, or the file none, or no prediction has an id of the gold.
        ConfigError: If the shape needs a gold file and none is given.
    """
    content = read_file(path)
    if not content:
        raise DataError(f"{path} holds no predictions: there is nothing to score. Check the file.")
    if isinstance(content, Mapping):
        if gold is None:
            raise ConfigError(
                f"{path} is one JSON object, read as answers by id ({', '.join(list(content)[:3])}) "
                "without gold; pass --gold FILE. A record of JSON lines has `prediction` and "
                "`answers`."
            )
        return _join(by_id(content, str(path)), read_gold(gold, tell=tell), tell, gold)
    if gold is not None:
        answers = read_gold(gold, tell=tell)
        found = ((where, read_record(value, where, answers)) for where, value in content)
        return _join(_once(found, path, tell), answers, tell, gold)
    return _once(((where, read_record(value, where)) for where, value in content), path, tell)


def read_gold(path: str | Path, *, tell: Tell = lambda _: None) -> dict[str, tuple[str, ...]]:
    """Read accepted answers by id from SQuAD's data file or from JSONL.

    Raises:
        DataError: If it holds none.
    """
    content = read_file(path)
    if isinstance(content, Mapping):
        pairs = [(str(path), pair) for pair in squad(content, str(path))]
    else:
        pairs = [(where, read_gold_record(record, where)) for where, record in content]
    if not pairs:
        raise DataError(f"{path} holds no gold answers.")
    return {gold.id: gold.answers for gold in _once(pairs, path, tell)}


def _once(
    found: Iterable[tuple[str, Prediction]], path: str | Path, tell: Tell
) -> list[Prediction]:
    """Return what was found by id: what stands again must say the same, and counts once.

    Raises:
        DataError: If one id stands with two contents; which one would count?
    """
    first: dict[str, tuple[str, Prediction]] = {}
    again: list[str] = []
    for where, one in found:
        place, other = first.setdefault(one.id, (where, one))
        if other is one:
            continue
        if other != one:
            raise DataError(
                f"{where}: the id {one.id!r} stands at {place} already, with another content. "
                "Keep one of them."
            )
        again.append(one.id)
    if again:
        tell(f"{_some(again)} more than once in {path}, each time the same; counted once.")
    return [one for _, one in first.values()]


def _join(
    predictions: Sequence[Prediction],
    gold: Mapping[str, tuple[str, ...]],
    tell: Tell,
    path: str | Path,
) -> list[Prediction]:
    """Give every question of the gold its prediction, or an empty one."""
    given = {prediction.id: prediction for prediction in predictions}
    strange = [id for id in given if id not in gold]
    missing = [id for id in gold if id not in given]
    if len(missing) == len(gold):
        raise DataError(
            f"No prediction has an id of {path}: the predictions' first is {predictions[0].id!r}, "
            f"the gold's {next(iter(gold))!r}. Give the gold of the same questions."
        )
    if missing:
        tell(f"{len(missing)} of {len(gold)} questions have no prediction and score 0.")
    if strange:
        tell(f"{_some(strange)} not in {path} and {'is' if len(strange) == 1 else 'are'} left out.")
    return [
        replace(given[id], answers=answers) if id in given else Prediction(id, (), answers)
        for id, answers in gold.items()
    ]


def _some(ids: Sequence[str]) -> str:
    """Name the first of some ids, and how many there are.

    >>> _some(["a"]), _some(["a", "b", "c", "d"])
    ("1 id ('a') stands", "4 ids ('a', 'b', 'c', …) stand")
    """
    first = ", ".join(map(repr, ids[:3])) + (", …" if ids[3:] else "")
    return f"{len(ids)} id{'s' * (len(ids) > 1)} ({first}) stand{'s' * (len(ids) == 1)}"
