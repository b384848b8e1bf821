"""One episode as the page's viewer shows it: plain data, cut to what a reader can read.

It decides what is shown of an episode and knows nothing of how.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core import Step, Trajectory
from ..plan_drawing import plan_drawing
from ..records import Record
from ..subgraph import Subgraph

MAX_CHARS = 16_000
"""Characters of a transcript that are shown."""

MAX_HITS = 64
"""Hits of a step that are shown."""

VERDICTS = ("right", "partly", "wrong", "none", "error")
"""How an episode can end."""

RIGHT = 1.0 - 1e-9


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


def episode_detail(record: Record) -> dict[str, Any]:
    """Return what is shown of an episode once it is opened, as JSON-like values."""
    trajectory = record.trajectory or Trajectory(record.question_id, record.env_id)
    text = trajectory.transcript[:MAX_CHARS]
    return {
        "kept": record.trajectory is not None,
        "outcome": trajectory.outcome if record.trajectory else "",
        "terms": _rounded(record.reward_terms),
        "metrics": _rounded(record.metrics),
        "text": text,
        "cut": len(trajectory.transcript) > MAX_CHARS,
        "spans": [[s.start, min(s.end, len(text)), s.author] for s in _within(trajectory, text)],
        "steps": _steps(trajectory, text),
        "graph": _graph(record.graph),
    }


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 5) for name, value in values.items()}


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
    details: dict[str, Any] = {
        "turn": step.index,
        "queries": list(step.queries),
        "hits": [[h.document_id, round(h.score, 3), h.new, h.query] for h in step.hits[:MAX_HITS]],
        "terms": _rounded(step.reward_terms),
        "error": step.parse_error,
        "plan": plan_drawing(step),
    }
    facts = step.parsed.get("facts")
    return {**details, "facts": list(facts)} if isinstance(facts, list | tuple) else details


def _graph(graph: Subgraph | None) -> dict[str, Any] | None:
    if graph is None:
        return None
    return {"edges": graph.edges, "topics": graph.topics, "answers": graph.answers}


def _locate(piece: str, text: str, start: int) -> tuple[Any, int]:
    """Return a piece as its place in the transcript, so that no text is carried twice."""
    found = text.find(piece, start) if piece else -1
    if found < 0:
        return piece[:MAX_CHARS], start
    return [found, found + len(piece)], found + len(piece)
