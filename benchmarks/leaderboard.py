"""Records → leaderboard: one table for each set of conditions, one row for each agent.

Records played on different data, with a different retriever or by another version never share a
table. It computes and knows nothing of how a table looks ([`tables`][hopgym.benchmarks.tables],
[`report`][hopgym.benchmarks.report]).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from .records import Key, Record, differing, encode
from .results import find_results, read_records
from .rows import PRIMARY, Column, Row, RowKey, make_row, rank, ranking, score_pairs
from .stats import by_question, compare, holm


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One table: everything in it was played under the same conditions."""

    suite: str
    task: str
    env_id: str
    env_fingerprint: str
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

    @property
    def ranked_by(self) -> Column:
        """The score that ranks."""
        return next((row.ranked_by for row in self.rows if row.primary is not None), PRIMARY)


_CONDITIONS = tuple(
    name
    for name in Group.__dataclass_fields__
    if name not in ("rows", "commands", "notes", "records")
)


@dataclass(frozen=True, slots=True)
class Board:
    """All tables of some results folders."""

    groups: tuple[Group, ...]
    others: tuple[str, ...] = ()
    """Files of the same folders that hold no results and were left out."""


def load_board(folders: Iterable[str | Path]) -> Board:
    """Read results folders and compute their leaderboard.

    Args:
        folders: Results folders, searched with their sub-folders, or single files.

    Raises:
        ResultsError: If a path holds no results or a file is damaged.
    """
    found = find_results(folders)
    board = make_board(r for path in found.results for r in read_records(path).values())
    return replace(board, others=tuple(map(str, found.others)))


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
    rows = _labelled([make_row(own) for own in played.values()])
    rows = sorted(_mark(rows, played), key=rank)
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
    played: dict[RowKey, dict[Key, Record]] = {}
    for record in records:
        own = played.setdefault(RowKey(record.agent, record.agent_fingerprint), {})
        held = own.setdefault(record.key, record)
        if held is not record:
            own[record.key] = min(held, record, key=_preference)
    return {key: [own[episode] for episode in sorted(own)] for key, own in sorted(played.items())}


def _preference(record: Record) -> tuple[bool, bytes]:
    """Sort the records of one episode: scored before failed, and then in whatever fixed order."""
    return record.error is not None, encode(record)


def _labelled(rows: Sequence[Row]) -> list[Row]:
    """Tell rows of one name apart by their fingerprints."""
    names = [row.agent for row in rows]
    return [
        replace(row, label=f"{row.agent} ({row.agent_fingerprint[:8] or 'no fingerprint'})")
        if names.count(row.agent) > 1
        else row
        for row in rows
    ]


def _mark(rows: Sequence[Row], played: Mapping[RowKey, Sequence[Record]]) -> list[Row]:
    """Name the best row and compare the others with it, on the questions that they share.

    A ceiling takes no part, nor does a row that lacks some of the shared questions, nor one that was
    trained on some that it played.
    """
    fair = [row for row in rows if not row.ceiling and not row.trained_on]
    racing = [row for row in fair if row.primary is not None]
    scores = {row.key: _by_question(played[row.key]) for row in racing}
    common = shared_questions([frozenset(each) for each in scores.values()])
    field = {key: _only(each, common) for key, each in scores.items() if common <= each.keys()}
    marked = [replace(row, apart=row.key in scores and row.key not in field) for row in rows]
    if len(field) < 2:
        return marked
    best = min(field, key=lambda key: (-sum(field[key].values()), key))
    found = {key: compare(each, field[best], *key) for key, each in field.items() if key != best}
    compared = {key: result for key, result in found.items() if result is not None}
    corrected = holm({key: result.p_value for key, result in compared.items()})
    marks = {key: compared[key]._replace(p_value=p) for key, p in corrected.items()}
    return [replace(r, best=r.key == best, comparison=marks.get(r.key)) for r in marked]


def shared_questions(played: Sequence[frozenset[str]]) -> frozenset[str]:
    """Choose the questions on which agents are compared: many, and played by many.

    Means over different questions say nothing of who is better. Of the sets that agents played,
    and of what the fullest of them share, the one with the most answers in all is chosen.

    >>> full, most, few = frozenset("abcdef"), frozenset("abcde"), frozenset("a")
    >>> "".join(sorted(shared_questions([full, few, most])))
    'abcde'
    """
    order = sorted(set(played), key=lambda each: (-len(each), sorted(each)))
    shared = [frozenset.intersection(*order[: n + 1]) for n in range(len(order))]

    def weight(questions: frozenset[str]) -> tuple[int, int]:
        players = sum(questions <= each for each in played)
        return len(questions) * players, players

    return max((*order, *shared), key=weight, default=frozenset())


def _only(scores: Mapping[str, float], questions: frozenset[str]) -> dict[str, float]:
    return {question: scores[question] for question in sorted(questions)}


def _by_question(records: Sequence[Record]) -> dict[str, float]:
    scored = [record for record in records if record.error is None]
    return by_question(score_pairs(scored, ranking(scored).name))


def _notes(rows: Sequence[Row], duplicates: int) -> Iterable[str]:
    largest = max(row.questions for row in rows)
    for row in rows:
        if row.trained_on:
            yield (
                f"{row.label} was trained on {row.trained_on} of the {row.questions} questions that "
                "it played: its score says nothing of new ones, and it is not ranked."
            )
        if row.errors:
            yield (
                f"{row.label}: {row.errors} episodes failed for reasons of infrastructure and are "
                "in no mean; run the same command again to retry them."
            )
        elif row.questions < largest:
            yield f"{row.label} has played {row.questions} of {largest} questions."
    if duplicates:
        yield f"{duplicates} episodes were found twice and counted once."


def _with_warning(group: Group, groups: Sequence[Group]) -> Group:
    others = [other for other in groups if other is not group and other.title == group.title]
    tables = [{name: getattr(each, name) for name in _CONDITIONS} for each in (group, *others)]
    told = [
        f"{name.replace('_', ' ')} ({values[0]} here, {' and '.join(values[1:])} there)"
        for name, values in differing(tables)
    ]
    if not told:
        return group
    note = f"Not comparable with the other table of this title: they differ in {', '.join(told)}."
    return replace(group, notes=(note, *group.notes))
