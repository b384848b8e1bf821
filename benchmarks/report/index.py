"""All episodes of a board as the page carries them: a small index, and the rest in packed chunks.

The index has what lists, filters and searches need, column by column; it is read when the page
opens. A chunk holds the details of some episodes, compressed; it is unpacked when one of them is
looked at. So a page of ten thousand trajectories opens as fast as one of ten.
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from ..leaderboard import Board, Group
from ..records import Record
from ..rows import RowKey
from .episodes import VERDICTS, episode_detail, verdict

QUESTIONS = 40
"""Questions of each table that a leaderboard's page shows."""

CHUNK = 48
"""Episodes in a chunk: enough that they compress well, few enough to unpack at once."""

COLUMNS = (
    "table",
    "agent",
    "question",
    "seed",
    "verdict",
    "score",
    "reward",
    "queries",
    "words",
    "steps",
    "ms",
    "prediction",
    "error",
)
"""What the index has of each episode."""


class Packed(NamedTuple):
    """What a page carries of a board's episodes."""

    contents: dict[str, Any]
    """JSON-like values."""
    chunks: list[str]
    """Each a gzipped JSON array of details, in base64; episode i is in chunk `i // CHUNK`."""


def pack_episodes(board: Board, limit: int = QUESTIONS) -> Packed:
    """Pack the episodes of a board.

    Args:
        board: The leaderboard.
        limit: How many questions of each table.
    """
    questions: dict[Any, int] = {}
    rows: list[tuple[Any, ...]] = []
    shown: list[Record] = []
    for place, group in enumerate(board.groups):
        own: dict[str, int] = {}  # an id names one question here, and maybe another elsewhere
        for record in _chosen(group, limit):
            if record.question_id not in own:
                number = questions.setdefault(_question(record), len(questions))
                own[record.question_id] = number
            rows.append(_row(place, group, own[record.question_id], record))
            shown.append(record)
    contents = {
        "chunk": CHUNK,
        "verdicts": VERDICTS,
        "questions": list(questions),
        "columns": dict(zip(COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
        if rows
        else {name: [] for name in COLUMNS},
        "bare": sum(record.trajectory is None and record.error is None for record in shown),
        "played": sum(len(group.records) for group in board.groups),
    }
    starts = range(0, len(shown), CHUNK)
    return Packed(contents, [_pack(shown[start : start + CHUNK]) for start in starts])


def pick_questions(records: Sequence[Record], limit: int) -> list[Record]:
    """Choose questions in turn from each number of hops, in the order of their ids.

    >>> records = [Record(env_id="e", agent="a", question_id=q, hops=h)
    ...            for q, h in [("a", 1), ("b", 1), ("c", 2)]]
    >>> [record.question_id for record in pick_questions(records, 2)]
    ['a', 'c']
    """
    first = {record.question_id: record for record in reversed(records)}
    by_hops: dict[int, list[Record]] = {}
    for question_id in sorted(first):
        by_hops.setdefault(first[question_id].hops, []).append(first[question_id])
    turns = [
        (place, hops, record)
        for hops, group in by_hops.items()
        for place, record in enumerate(group)
    ]
    chosen = sorted(turns, key=lambda turn: turn[:2])[:limit]
    return sorted(
        (turn[2] for turn in chosen), key=lambda record: (record.hops, record.question_id)
    )


def unpack(chunk: str) -> Any:
    """Read a chunk back."""
    return msgspec.json.decode(gzip.decompress(base64.b64decode(chunk)))


def _chosen(group: Group, limit: int) -> list[Record]:
    """Return the episodes that are shown, those of one question side by side."""
    picked = pick_questions(group.records, limit)
    order = {record.question_id: place for place, record in enumerate(picked)}
    ranks = _ranks(group)
    records = [record for record in group.records if record.question_id in order]
    return sorted(records, key=lambda r: (order[r.question_id], ranks[_key(r)], r.seed))


def _ranks(group: Group) -> dict[RowKey, int]:
    return {row.key: place for place, row in enumerate(group.rows)}


def _key(record: Record) -> RowKey:
    return RowKey(record.agent, record.agent_fingerprint)


def _question(record: Record) -> tuple[Any, ...]:
    return (
        record.question_id,
        record.question,
        record.type,
        record.hops,
        record.answers[:8],
        record.answer_reachable,
    )


def _row(place: int, group: Group, question: int, record: Record) -> tuple[Any, ...]:
    score = record.metrics.get(group.ranked_by.name)
    return (
        place,
        _ranks(group)[_key(record)],
        question,
        record.seed,
        VERDICTS.index(verdict(record)),
        None if score is None else round(score, 4),
        round(record.reward, 4),
        record.queries,
        record.tokens,
        record.steps,
        round(1000 * record.latency_s, 2),
        record.prediction,
        record.error,
    )


def _pack(records: Sequence[Record]) -> str:
    details = msgspec.json.encode([episode_detail(record) for record in records])
    return base64.b64encode(gzip.compress(details, mtime=0)).decode()
