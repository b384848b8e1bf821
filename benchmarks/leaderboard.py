"""Records → leaderboard: one table for each set of conditions, one row for each agent.

Records played on different data, with a different retriever or by another version never share a
table. It computes and knows nothing of how a table looks ([`tables`][hopgym.benchmarks.tables],
[`page`][hopgym.benchmarks.page]).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from .records import Record
from .results import find_results, read_records
from .rows import PRIMARY, Row, RowKey, make_row, rank, score_pairs
from .stats import by_question, compare, holm


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One table: everything in it was played under the same conditions."""

    suite: str
    task: str
    env_id: str
    env_kwargs: Mapping[str, Any]
    questions: str
    split: str
    dataset_fingerprint: str
    retriever_fingerprint: str
    hopgym_version: str
    rows: tuple[Row, ...] = ()
    commands: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    records: tuple[Record, ...] = field(default=(), repr=False)

    @property
    def title(self) -> str:
        """What was played, in a few words."""
        return f"{self.task}: {self.env_id} on {self.questions} ({self.split})"


_CONDITIONS = tuple(
    name
    for name in Group.__dataclass_fields__
    if name not in ("rows", "commands", "notes", "records")
)


@dataclass(frozen=True, slots=True)
class Board:
    """All tables of some results folders."""

    groups: tuple[Group, ...]


def load_board(folders: Iterable[str | Path]) -> Board:
    """Read results folders and compute their leaderboard.

    Args:
        folders: Results folders, searched with their sub-folders, or single files.

    Raises:
        ResultsError: If a path holds no results or a file is damaged.
    """
    return make_board(
        record for path in find_results(folders) for record in read_records(path).values()
    )


def make_board(records: Iterable[Record]) -> Board:
    """Compute the leaderboard of records; the order they come in changes nothing."""
    groups: dict[bytes, list[Record]] = {}
    for record in records:
        groups.setdefault(_conditions(record), []).append(record)
    tables = [_make_group(groups[key]) for key in sorted(groups)]
    return Board(tuple(_with_warning(table, tables) for table in tables))


def _conditions(record: Record) -> bytes:
    values = [getattr(record, name) for name in _CONDITIONS]
    return msgspec.json.encode(values, order="deterministic")


def _make_group(records: Sequence[Record]) -> Group:
    played = _by_agent(records)
    rows = sorted(_mark([make_row(own) for own in played.values()], played), key=rank)
    commands = dict.fromkeys(r.command for own in played.values() for r in own if r.command)
    return Group(
        **{name: getattr(records[0], name) for name in _CONDITIONS},
        rows=tuple(rows),
        commands=tuple(sorted(commands)),
        notes=tuple(_notes(rows, len(records) - sum(map(len, played.values())))),
        records=tuple(record for own in played.values() for record in own),
    )


def _by_agent(records: Sequence[Record]) -> dict[RowKey, list[Record]]:
    """Sort the records by agent and episode; one that two runs played counts once."""
    played: dict[RowKey, dict[Any, Record]] = {}
    for record in sorted(records, key=lambda r: (r.agent, r.key, r.error is not None)):
        own = played.setdefault(RowKey(record.agent, record.agent_fingerprint), {})
        own.setdefault(record.key, record)
    return {key: list(own.values()) for key, own in played.items()}


def _mark(rows: Sequence[Row], played: Mapping[RowKey, Sequence[Record]]) -> list[Row]:
    """Name the best row and compare the others with it; a ceiling takes no part."""
    racing = [row for row in rows if not row.ceiling and row.primary is not None]
    if not racing:
        return list(rows)
    best = min(racing, key=rank)
    scores = {row.key: _by_question(played[row.key]) for row in racing}
    found = {key: compare(scores[key], scores[best.key], *key) for key in scores if key != best.key}
    compared = {key: result for key, result in found.items() if result is not None}
    corrected = holm({key: result.p_value for key, result in compared.items()})
    marks = {key: compared[key]._replace(p_value=p) for key, p in corrected.items()}
    return [replace(row, best=row is best, comparison=marks.get(row.key)) for row in rows]


def _by_question(records: Sequence[Record]) -> dict[str, float]:
    scored = [record for record in records if record.error is None]
    return by_question(score_pairs(scored, PRIMARY.name))


def _notes(rows: Sequence[Row], duplicates: int) -> Iterable[str]:
    largest = max(row.questions for row in rows)
    for row in rows:
        if row.errors:
            yield (
                f"{row.agent}: {row.errors} episodes failed for reasons of infrastructure and are "
                "in no mean; run the same command again to retry them."
            )
        elif row.questions < largest:
            yield f"{row.agent} has played {row.questions} of {largest} questions."
    if duplicates:
        yield f"{duplicates} episodes were found twice and counted once."


def _with_warning(group: Group, groups: Sequence[Group]) -> Group:
    others = [other for other in groups if other is not group and other.title == group.title]
    fields = {
        name: None
        for other in others
        for name in _CONDITIONS
        if getattr(other, name) != getattr(group, name)
    }
    if not fields:
        return group
    what = ", ".join(name.replace("_", " ") for name in fields)
    note = f"Not comparable with the other table of this title: they differ in {what}."
    return replace(group, notes=(note, *group.notes))
