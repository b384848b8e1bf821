"""The figures behind the page's pictures: by hops, against cost, term by term.

It computes numbers; the page's script draws them and the page's tables tell them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..leaderboard import Board, Group
from ..records import Record
from ..rows import SCORES, Row, RowKey
from ..stats import Interval

COSTS = (
    ("queries", "Queries"),
    ("words", "Words"),
    ("steps", "Steps"),
    ("ms", "Milliseconds"),
)
"""What an episode costs, and what it is called."""

LOOKS = 8
"""Colours, each with a marker of its own, that the style sheet and the script have."""


def chart_data(board: Board) -> list[dict[str, Any]]:
    """Return what is drawn of each table, as JSON-like values."""
    looks = agent_looks(board)
    keys = table_keys(board)
    return [
        _table(group, key, looks, legible)
        for group, key, legible in zip(board.groups, keys, tab_names(board), strict=True)
    ]


def agent_looks(board: Board) -> dict[str, int]:
    """Return for each agent's name the number of a look, the same in every table.

    The last look is for ceilings. Agents beyond the others share looks, and are told by name.
    """
    rows = [row for group in board.groups for row in group.rows]
    contenders = dict.fromkeys(row.label for row in rows if not row.ceiling)
    looks = {label: place % (LOOKS - 1) for place, label in enumerate(contenders)}
    return {row.label: looks.get(row.label, LOOKS - 1) for row in rows}


def table_keys(board: Board) -> list[str]:
    """Return a name for each table that links can name it by."""
    keys: list[str] = []
    for group in board.groups:
        taken = sum(key.partition("~")[0] == group.task for key in keys)
        keys.append(f"{group.task}~{taken + 1}" if taken else group.task)
    return keys


def tab_names(board: Board) -> list[str]:
    """Return what the tabs say: the environment, and the task where several share one."""
    names = [group.env_id.partition("/")[2] or group.env_id for group in board.groups]
    names = [name.rpartition("-v")[0] or name for name in names]
    return [
        f"{name} · {key}" if names.count(name) > 1 else name
        for name, key in zip(names, table_keys(board), strict=True)
    ]


def term_rows(group: Group) -> tuple[list[str], list[list[float]]]:
    """Return the names of the reward's terms, and each row's mean of each; without errors."""
    scored: dict[RowKey, list[Record]] = {row.key: [] for row in group.rows}
    for record in group.records:
        if record.error is None:
            scored[RowKey(record.agent, record.agent_fingerprint)].append(record)
    names = list(dict.fromkeys(n for each in scored.values() for r in each for n in r.reward_terms))
    return names, [[_mean(scored[row.key], name) for name in names] for row in group.rows]


def _table(group: Group, key: str, looks: dict[str, int], tab: str) -> dict[str, Any]:
    scores = [column for column in SCORES if any(column.name in row.scores for row in group.rows)]
    hops = sorted({n for row in group.rows for n in row.by_hops})
    names, means = term_rows(group)
    return {
        "key": key,
        "tab": tab,
        "title": group.title,
        "env": group.env_id,
        "ranked": [group.ranked_by.name, group.ranked_by.label],
        "scores": [[column.name, column.label] for column in scores],
        "costs": COSTS,
        "hops": hops,
        "terms": names,
        "rows": [
            {**_row(row, looks[row.label], hops), "terms": terms}
            for row, terms in zip(group.rows, means, strict=True)
        ],
    }


def _row(row: Row, look: int, hops: Sequence[int]) -> dict[str, Any]:
    return {
        "label": row.label,
        "look": look,
        "ceiling": row.ceiling,
        "best": row.best,
        "scores": {name: _points(interval) for name, interval in row.scores.items()},
        "hops": [_points(row.by_hops.get(n)) for n in hops],
        "queries": round(row.queries, 3),
        "words": round(row.tokens, 3),
        "steps": round(row.steps, 3),
        "ms": round(row.milliseconds, 3),
    }


def _points(interval: Interval | None) -> list[float] | None:
    """Return mean, low and high."""
    return interval and [round(each, 5) for each in (interval.mean, interval.low, interval.high)]


def _mean(records: Sequence[Record], name: str) -> float:
    values = [record.reward_terms.get(name, 0.0) for record in records]
    return round(sum(values) / len(values), 5) if values else 0.0
