"""What handing parents' results to their children is worth, in `hopgym/DagSearch-v0`.

The plan is the gold one, so that planning plays no part: every hop a search, put to the source that
has it, with a placeholder wherever a query needs what an earlier hop found. The answer is read from
the documents as `iterative` reads them, not known. Each question is played with `deps="substitute"`
and with `deps="order"`, where edges only order the searches, as published (arXiv 2506.08352). What
is passed are names: gold hops that follow a comparison name its winner already.

    python -m hopgym.benchmarks.plan_passing [--questions 300] [--world world] [--split test]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from statistics import fmean
from typing import ClassVar, NamedTuple

from rich.console import Console
from rich.table import Table

from ..agents.iterative import conclude
from ..agents.oracle import OracleAgent
from ..agents.rollout import Job, rollout
from ..agents.transcript import Transcript
from ..core import Question
from ..envs.dag_search import ENV_ID
from ..envs.datasets import make_questions
from ..errors import HopgymError

DEPS = ("substitute", "order")
METRICS: Mapping[str, str] = {
    "gold_recall": "Gold recall",
    "answer_seen": "Answer seen",
    "f1": "F1",
}
"""Metric to its heading."""

ALL = "all"
NUM_ENVS = 32


class OracleReader(OracleAgent):
    """The gold plan, and an honest reading of what it finds."""

    name: ClassVar[str] = "oracle_reader"

    def answer(self, view: Transcript) -> str:
        """Give what the documents say."""
        thought = conclude(view.question, view.documents)
        return view.answer(thought.words, thought.answer)


class Row(NamedTuple):
    """Questions of one kind and number of hops."""

    kind: str
    hops: str
    questions: int
    means: Mapping[tuple[str, str], float | None]
    """`(metric, deps)` to its mean; None where it is known of no question."""


def measure(questions: str = "world", split: str = "test", most: int = 300) -> list[Row]:
    """Play the first questions of a split both ways.

    Returns:
        A row for each kind and number of hops, and last of all one for all questions.

    Raises:
        HopgymError: If an episode failed.
    """
    asked = list(make_questions(questions).questions(split)[:most])
    found = {deps: _play(questions, split, asked, deps) for deps in DEPS}
    slots = sorted(asked, key=_slot)
    groups = [(*slot, list(group)) for slot, group in groupby(slots, key=_slot)]
    return [_row(kind, str(hops), group, found) for kind, hops, group in groups] + [
        _row(ALL, "", asked, found)
    ]


def _slot(question: Question) -> tuple[str, int]:
    return question.type, len(question.hops)


def _play(
    questions: str, split: str, asked: Iterable[Question], deps: str
) -> dict[str, Mapping[str, float]]:
    """Return the metrics of each question, by its id."""
    kwargs = {"questions": questions, "split": split, "deps": deps, "reward": "f1"}
    jobs = [Job(question.id) for question in asked]
    metrics: dict[str, Mapping[str, float]] = {}
    for episode in rollout(ENV_ID, OracleReader(), jobs, env_kwargs=kwargs, num_envs=NUM_ENVS):
        if episode.error:
            raise HopgymError(f"Question {episode.job.question_id} failed: {episode.error}")
        metrics[episode.job.question_id] = episode.metrics
    return metrics


def _row(
    kind: str,
    hops: str,
    questions: Sequence[Question],
    found: Mapping[str, Mapping[str, Mapping[str, float]]],
) -> Row:
    means = {
        (metric, deps): _mean([found[deps][question.id].get(metric) for question in questions])
        for metric in METRICS
        for deps in DEPS
    }
    return Row(kind, hops, len(questions), means)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def table(rows: Sequence[Row]) -> Table:
    """Lay out the rows; the figures are percentages."""
    laid = Table(
        "Kind", "Hops", "Questions", title="What the gold plan finds", title_justify="left"
    )
    for heading in METRICS.values():
        for deps in DEPS:
            laid.add_column(f"{heading}\n{deps}", justify="right")
    for row in rows:
        if row.kind == ALL:
            laid.add_section()
        figures = [_percent(row.means[metric, deps]) for metric in METRICS for deps in DEPS]
        laid.add_row(row.kind, row.hops, str(row.questions), *figures)
    return laid


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print the table."""
    given = _parser().parse_args(arguments)
    rows = measure(given.world, given.split, given.questions)
    Console(width=None if sys.stdout.isatty() else 120).print(table(rows))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hopgym.benchmarks.plan_passing", allow_abbrev=False)
    parser.add_argument("--questions", type=_count, default=300, metavar="N", help="play so many")
    parser.add_argument("--world", default="world", metavar="SPEC", help="the question set")
    parser.add_argument("--split", default="test")
    return parser


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number from 1")
    return number


if __name__ == "__main__":
    main()
