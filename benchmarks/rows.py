"""A row of the leaderboard: what one agent's records amount to under one set of conditions.

It computes means and intervals, and knows nothing of other agents or of how a row looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from .reachability import Reachability, share
from .records import Facts, Record
from .stats import Comparison, Interval, by_question, mean_interval

ALPHA = 0.05
"""An agent differs from the best if its corrected p-value is below this."""


class RowKey(NamedTuple):
    """One agent; a retrained one of the same name has another fingerprint."""

    agent: str
    fingerprint: str


class Column(NamedTuple):
    """A score of the table."""

    name: str
    label: str
    help: str


PRIMARY = Column("f1", "F1", "Word overlap of the prediction with the nearest accepted answer.")
LISTED = Column(
    "f1_one_to_one", "F1 1:1", "F1 of a list of answers, each paired with one gold answer at most."
)
"""Ranks where answers are lists: the overlap of words would charge for the second right answer."""
SCORED = Column("score", "Score", "What the environment's own function makes of the episode.")
"""Ranks where an environment of plain functions scores by itself."""

SCORES = (
    SCORED,
    Column("em", "EM", "The prediction equals an accepted answer after normalisation."),
    PRIMARY,
    LISTED,
    Column("hit_at_1_exact", "Hits@1", "The first answer of the list is a gold answer."),
    Column("answer_recall", "Answer recall", "Share of the answers that stand in selected facts."),
    Column("fact_f1", "Fact F1", "F1 of the selected facts against the gold facts."),
    Column("cover_em", "Cover-EM", "The prediction contains an accepted answer as whole words."),
    Column("gold_recall", "Gold recall", "Share of the gold documents that were retrieved."),
    Column("format_adherence", "Format", "Share of actions that the environment could read."),
)
"""Metrics between 0 and 1 that every table shows, where the records have them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One agent under one set of conditions. Errors are in no mean."""

    agent: str
    agent_fingerprint: str
    label: str = ""
    """What tables call it: its name, and where another row has it too, its fingerprint."""
    ceiling: bool
    """Whether the agent was shown the gold: an upper bound, never the best."""
    episodes: int
    questions: int
    errors: int
    scores: Mapping[str, Interval]
    reward: Interval | None
    reachable: Reachability
    by_hops: Mapping[int, Interval]
    """The primary score by the question's number of hops, where that is known."""
    queries: float
    steps: float
    tokens: float
    milliseconds: float
    best: bool = False
    """Whether it leads those that it shares questions with; nobody is best alone."""
    ranked_by: Column = PRIMARY
    trained_on: int | None = None
    """Questions that it is known to have been trained on; then it is not ranked. None: unknown."""
    apart: bool = False
    """Whether it has played too few of the others' questions to be ranked among them."""
    comparison: Comparison | None = None
    """Against the best, with Holm's correction; None for the best and those who take no part."""

    @property
    def key(self) -> RowKey:
        """What names the row in its table."""
        return RowKey(self.agent, self.agent_fingerprint)

    @property
    def primary(self) -> Interval | None:
        """The score that ranks."""
        return self.scores.get(self.ranked_by.name)

    @property
    def differs(self) -> bool:
        """Whether it is significantly different from the best."""
        return self.comparison is not None and self.comparison.p_value < ALPHA


def make_row(records: Sequence[Record]) -> Row:
    """Compute the row of one agent's records; those with an error are only counted."""
    first = records[0]
    scored = [record for record in records if record.error is None]
    return Row(
        agent=first.agent,
        agent_fingerprint=first.agent_fingerprint,
        label=first.agent,
        ceiling=first.ceiling,
        episodes=len(scored),
        questions=len({record.question_id for record in scored}),
        errors=len(records) - len(scored),
        scores=_scores(scored),
        reward=_interval([(r.question_id, r.reward) for r in scored], "reward", unit=False),
        reachable=share(Facts(r.answer_reachable, r.documents_reachable) for r in scored),
        by_hops=_by_hops(scored),
        queries=_mean([r.queries for r in scored]),
        steps=_mean([r.steps for r in scored]),
        tokens=_mean([r.tokens for r in scored]),
        milliseconds=1000 * _mean([r.latency_s for r in scored]),
        ranked_by=ranking(scored),
        trained_on=_trained_on(scored),
    )


def _trained_on(records: Sequence[Record]) -> int | None:
    if all(record.trained_on is None for record in records):
        return None
    return len({record.question_id for record in records if record.trained_on})


def ranking(records: Iterable[Record]) -> Column:
    """Return the score that ranks: the environment's own, of lists of answers, where there are such."""
    held = {name for record in records for name in record.metrics}
    return next((column for column in (SCORED, LISTED) if column.name in held), PRIMARY)


def _scores(records: Sequence[Record]) -> dict[str, Interval]:
    scores = {}
    for column in SCORES:
        interval = _interval(score_pairs(records, column.name), column.name)
        if interval is not None:
            scores[column.name] = interval
    return scores


def _by_hops(records: Sequence[Record]) -> dict[int, Interval]:
    hops = sorted({record.hops for record in records if record.hops > 0})
    name = ranking(records).name
    intervals = {
        n: _interval(score_pairs([r for r in records if r.hops == n], name), name) for n in hops
    }
    return {n: interval for n, interval in intervals.items() if interval is not None}


def _interval(
    pairs: Sequence[tuple[str, float]], *path: str | int, unit: bool = True
) -> Interval | None:
    values = list(by_question(pairs).values())
    return mean_interval(values, *path, share=unit) if values else None


def score_pairs(records: Sequence[Record], name: str) -> list[tuple[str, float]]:
    """Return `(question id, score)` of the records that have the metric."""
    return [(r.question_id, r.metrics[name]) for r in records if name in r.metrics]


def rank(row: Row) -> tuple[Any, ...]:
    """Sort rows by it: the best first, then by name."""
    return (-row.primary.mean if row.primary else 1.0, row.key)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
