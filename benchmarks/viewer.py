"""The episodes that the page's viewer shows, as plain data.

The same questions for every agent, spread over the numbers of hops, and no more than a page can
carry. It decides what is shown and knows nothing of how.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..core import Step, Trajectory
from .leaderboard import Board, Group
from .plan_drawing import plan_drawing
from .records import Record
from .rows import RowKey

QUESTIONS = 40
"""Questions shown for each table."""

MAX_CHARS = 16_000
"""Characters of a transcript that are shown."""

MAX_HITS = 64
"""Hits of a step that are shown."""

RIGHT = 1.0 - 1e-9


def viewer_data(board: Board, limit: int = QUESTIONS) -> dict[str, Any]:
    """Return what the viewer shows, as JSON-like values.

    Args:
        board: The leaderboard.
        limit: How many questions of each table.
    """
    return {"groups": [_group(group, limit) for group in board.groups]}


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


def verdict(record: Record) -> str:
    """Say in a word how an episode ended.

    >>> verdict(Record(env_id="e", agent="a", question_id="q", prediction="x", metrics={"em": 1.0}))
    'right'
    """
    if record.error is not None:
        return "error"
    if record.prediction is None:
        return "none"
    if record.metrics.get("em", 0.0) >= RIGHT:
        return "right"
    return "partly" if record.metrics.get("f1", 0.0) > 0 else "wrong"


def _group(group: Group, limit: int) -> dict[str, Any]:
    keys = [row.key for row in group.rows]
    questions = pick_questions(group.records, limit)
    shown = {record.question_id: place for place, record in enumerate(questions)}
    episodes: list[dict[int, Any]] = [{} for _ in keys]
    for record in group.records:  # sorted by seed: the first of a question is shown
        place = shown.get(record.question_id)
        agent = keys.index(RowKey(record.agent, record.agent_fingerprint))
        if place is not None:
            episodes[agent].setdefault(place, _episode(record))
    return {
        "title": group.title,
        "agents": [row.label for row in group.rows],
        "start": next((place for place, row in enumerate(group.rows) if row.best), 0),
        "questions": [_question(record) for record in questions],
        "total": len({record.question_id for record in group.records}),
        "episodes": episodes,
    }


def _question(record: Record) -> dict[str, Any]:
    return {
        "id": record.question_id,
        "text": record.question,
        "type": record.type,
        "hops": record.hops,
        "answers": list(record.answers[:8]),
        "reachable": record.answer_reachable,
    }


def _episode(record: Record) -> dict[str, Any]:
    trajectory = record.trajectory or Trajectory(record.question_id, record.env_id)
    text = trajectory.transcript[:MAX_CHARS]
    return {
        "verdict": verdict(record),
        "prediction": record.prediction,
        "error": record.error,
        "outcome": trajectory.outcome,
        "seed": record.seed,
        "reward": record.reward,
        "terms": dict(record.reward_terms),
        "metrics": dict(record.metrics),
        "ms": round(1000 * record.latency_s, 2),
        "text": text,
        "cut": len(trajectory.transcript) > MAX_CHARS,
        "spans": [[s.start, min(s.end, len(text)), s.author] for s in _within(trajectory, text)],
        "steps": _steps(trajectory, text),
    }


def _within(trajectory: Trajectory, text: str) -> list[Any]:
    return [span for span in trajectory.spans if span.start < len(text)]


def _steps(trajectory: Trajectory, text: str) -> list[dict[str, Any]]:
    steps, place = [], 0
    for step in trajectory.steps:
        action, place = _locate(str(step.action).strip(), text, place)
        reply, place = _locate(step.observation.strip(), text, place)
        steps.append({"action": action, "reply": reply, **_details(step)})
    return steps


def _details(step: Step) -> dict[str, Any]:
    return {
        "turn": step.index,
        "queries": list(step.queries),
        "hits": [[h.document_id, round(h.score, 3), h.new, h.query] for h in step.hits[:MAX_HITS]],
        "terms": dict(step.reward_terms),
        "error": step.parse_error,
        "plan": plan_drawing(step),
    }


def _locate(piece: str, text: str, start: int) -> tuple[Any, int]:
    """Return a piece as its place in the transcript, so that no text is carried twice."""
    found = text.find(piece, start) if piece else -1
    if found < 0:
        return piece[:MAX_CHARS], start
    return [found, found + len(piece)], found + len(piece)
