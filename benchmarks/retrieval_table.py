"""What a run of the retrieval benchmark says: its tables, as Markdown and as JSON.

It is told values and computes means and differences; it knows no retriever and no file of data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import msgspec

from ..errors import ConfigError
from ..files import atomic_write
from ..retrieval.metrics import Evaluation
from ..retrieval.paired import Difference, paired_bootstrap

COLUMNS: Mapping[str, str] = {
    "recall@2": "R@2",
    "recall@5": "R@5",
    "recall@10": "R@10",
    "all_gold@5": "all gold@5",
    "precision@5": "P@5",
    "mrr@10": "MRR@10",
    "ndcg@10": "nDCG@10",
    "map@10": "MAP@10",
    "answer_recall@5": "answer@5",
}
"""Metric to the name of its column."""

COMPARED = "recall@5"
"""The metric whose difference from the reference stands in the table."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one retriever reached."""

    system: str
    spec: str
    fingerprint: str
    means: Mapping[str, float]
    against: Mapping[str, Difference]
    """Metric to the difference from the reference, with its interval; empty in its own row."""


@dataclass(frozen=True, slots=True)
class Section:
    """One collection."""

    name: str
    documents: int
    questions: int
    fingerprint: str
    """Of the documents."""
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class CacmRow:
    """What one ranking of CACM reached; None where it is too short to say."""

    system: str
    mean_average_precision: float | None
    precision_at_30: float


@dataclass(frozen=True, slots=True)
class Report:
    """All that was measured."""

    version: str
    encoder: str
    sections: Sequence[Section] = ()
    cacm: Sequence[CacmRow] = ()
    skipped: Sequence[str] = field(default=())
    """What could not be measured, and why."""

    def write(self, path: str | Path) -> None:
        """Write it as JSON; differences are lists of mean, low, high, p and n."""
        with atomic_write(path) as stream:
            stream.write(msgspec.json.format(msgspec.json.encode(asdict(self)), indent=2) + b"\n")

    def markdown(self) -> str:
        """Lay it out."""
        parts = [section_table(section) for section in self.sections]
        parts += [cacm_table(self.cacm)] if self.cacm else []
        parts += ["\n".join(f"- skipped: {line}" for line in self.skipped)] if self.skipped else []
        return "\n\n".join(parts) + "\n"


def make_row(
    system: str, spec: str, fingerprint: str, ours: Evaluation, reference: Evaluation | None
) -> Row:
    """Average a retriever's values and compare them with the reference's, question by question.

    Raises:
        ConfigError: If the two were not asked the same questions.
    """
    means = {metric: ours.mean(metric) for metric in ours.values}
    against = {}
    if reference is not None:
        _check_same(ours, reference)
        against = {
            metric: paired_bootstrap(ours.of(metric), reference.of(metric), "retrieval", metric)
            for metric in COLUMNS
            if metric in ours.values
        }
    return Row(system, spec, fingerprint, means, against)


def section_table(section: Section) -> str:
    """Lay out one collection as Markdown."""
    shown = [m for m in COLUMNS if any(m in row.means for row in section.rows)]
    head = ["", *(COLUMNS[m] for m in shown), f"Δ{COLUMNS[COMPARED]} [95 %]"]
    lines = [
        [row.system, *(_percent(row.means.get(m)) for m in shown), _difference(row)]
        for row in section.rows
    ]
    title = f"**{section.name}**: {section.questions:,} questions, {section.documents:,} passages"
    return f"{title}\n\n{_table(head, lines)}"


def cacm_table(rows: Sequence[CacmRow]) -> str:
    """Lay out CACM as Markdown."""
    lines = [
        [
            row.system,
            "" if row.mean_average_precision is None else f"{row.mean_average_precision:.4f}",
            f"{row.precision_at_30:.4f}",
        ]
        for row in rows
    ]
    return f"**CACM**: 52 judged topics, 3,204 abstracts\n\n{_table(['', 'MAP', 'P30'], lines)}"


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, rule, *lines])


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f}"


def _difference(row: Row) -> str:
    found = row.against.get(COMPARED)
    if found is None:
        return ""
    mean, low, high = (f"{100 * value:+.1f}" for value in (found.mean, found.low, found.high))
    return f"{mean} [{low}, {high}]"


def _check_same(ours: Evaluation, reference: Evaluation) -> None:
    if ours.of(COMPARED).keys() != reference.of(COMPARED).keys():
        raise ConfigError("Two retrievers were not asked the same questions; measure both again.")
