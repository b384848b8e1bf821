"""Rollouts as trainers take them: in the order of their jobs, and with a reason where there is nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..lanes import Job
from ..llm.rollout import TokenRollout


def in_order(jobs: Sequence[Job], played: Iterator[TokenRollout]) -> list[TokenRollout]:
    """Return rollouts in the order of their jobs, in whatever order they ended."""
    waiting: dict[Job, list[TokenRollout]] = {}
    for rollout in played:
        waiting.setdefault(rollout.episode.job, []).append(rollout)
    return [waiting[job].pop(0) for job in jobs]


def why_nothing(rollouts: Sequence[TokenRollout]) -> str:
    """Say why there is nothing to learn from: nothing was played, or no prompt fitted."""
    for episode, _ in rollouts:
        if episode.error is not None:
            return f"No episode could be played to its end; the first: {episode.error}"
    return (
        "No prompt fitted the model, so there is nothing to learn from. Give a larger context, "
        "fewer max_new_tokens, or fewer and shorter documents."
    )
