"""Episodes that are worth learning from, out of results or of what `hopgym expert collect` left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from ...agents.expert.acceptance import Acceptance, Item
from ...agents.expert.collection import grammar_info
from ...agents.expert.published import read_rows
from ...agents.expert.rows import StepRow, episodes_of, step_rows
from ...agents.rollout import Episode, Job
from ...core import Question
from ...errors import ConfigError, DataError
from ...files import read_jsonl
from ..records import Record
from ..results import find_results, read_records
from .replay import reopened


class Example(NamedTuple):
    """One episode as its steps."""

    rows: list[StepRow]
    reward: float
    """What the environment paid for the whole of it."""
    agent: str = ""


class Examples(NamedTuple):
    """What was found."""

    kept: list[Example]
    left_out: Counter[str]
    """How many episodes were left out, by the reason."""


def is_results(source: Path) -> bool:
    """Whether a source holds results: a folder, or a file whose first line is a record."""
    if source.is_dir():
        return True
    first = next((value for _, value in read_jsonl(source)), None)
    return isinstance(first, Mapping) and {"agent", "env_id", "trajectory"} <= first.keys()


def records_in(source: Path) -> list[Record]:
    """Return the records of a results file, or of all below a folder, in their order.

    Raises:
        ResultsError: If there are none.
    """
    return [r for path in find_results([source]).results for r in read_records(path).values()]


def read_examples(
    source: Path,
    accept: Sequence[str] | None = None,
    questions: str | None = None,
    env: str | None = None,
) -> Examples:
    """Return the episodes of a source that answered readably and fulfil every condition.

    Args:
        source: Results, or a file of `hopgym expert`, which holds accepted episodes alone.
        accept: Conditions as `hopgym expert collect` takes them; `em` by default.
        questions: Where the questions are, if the results' own name does not find them.
        env: `file.py:ID`, where the environment is not hopgym's own.

    Raises:
        ConfigError: If an environment cannot be opened, or is not played in text.
        DataError: If nothing is left.
    """
    if is_results(source):
        found = _of_results(records_in(source), Acceptance(accept or ("em",)), questions, env)
    elif accept:
        raise ConfigError(
            f"{source} holds what was accepted when it was collected; --accept is for results."
        )
    else:
        found = Examples(list(_of_rows(read_rows(source))), Counter())
    if not found.kept:
        raise DataError(f"{source} has no episode to export: {reasons(found.left_out)}.")
    return found


def reasons(left_out: Mapping[str, int]) -> str:
    """Say why episodes were left out, the usual reasons first.

    >>> reasons(Counter({"em 0": 3, "no answer: out_of_steps": 1}))
    '3 left out by em 0, 1 left out by no answer: out_of_steps'
    """
    ranked = sorted(left_out.items(), key=lambda each: (-each[1], each[0]))
    return ", ".join(f"{count} left out by {reason}" for reason, count in ranked)


def _of_rows(rows: Iterable[StepRow]) -> Iterator[Example]:
    for episode in episodes_of(rows):
        yield Example(episode, sum(row.reward for row in episode))


def _of_results(
    records: Sequence[Record], acceptance: Acceptance, questions: str | None, env: str | None
) -> Examples:
    examples = Examples([], Counter())
    good = []
    for record, ruling in zip(records, acceptance.rule([*map(_item, records)]), strict=True):
        if ruling.accepted:
            good.append(record)
        else:
            failed = record.error or ruling.error
            examples.left_out["a failure" if failed else ruling.reason] += 1
    for _, group in groupby(good, key=_place):
        held = list(group)
        info = _info(held[0], questions, env)
        examples.kept.extend(_example(record, info) for record in held)
    return examples


def _item(record: Record) -> Item:
    job = Job(record.question_id, record.seed)
    terms, metrics = dict(record.reward_terms), dict(record.metrics)
    episode = Episode(
        *(job, record.trajectory, record.reward, terms, metrics, record.latency_s, record.error)
    )
    return Question(record.question_id, record.question, record.answers, record.type), episode


def _place(record: Record) -> str:
    """Name the environment that a record was played in."""
    return repr((record.env_id, record.env_kwargs, record.questions, record.split))


def _info(record: Record, questions: str | None, env: str | None) -> dict[str, Any]:
    with reopened(record, questions, env) as made:
        return grammar_info(made, record.env_id)


def _example(record: Record, info: Mapping[str, Any]) -> Example:
    assert record.trajectory is not None  # what has none is not accepted
    question = Question(record.question_id, record.question, record.answers)
    return Example(step_rows(record.trajectory, question, info), record.reward, record.agent)
