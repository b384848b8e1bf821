"""The exam of the small policy: whole episodes in a world that it never saw, by hops."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ...envs.datasets.world import World
from .lessons import play


class Mark(NamedTuple):
    """What questions of one sort came to."""

    questions: int
    em: float
    format: float
    """The share of steps in exact form."""


def exam(
    agent: Any, world: World, *, split: str = "dev", count: int | None = None, top_k: int = 3
) -> dict[str, Mark]:
    """Let an agent play, and mark it by the number of hops and by the kind of question.

    Args:
        agent: Who plays.
        world: Whose questions.
        split: Which of them.
        count: How many, from the first on; all if None.
        top_k: Documents asked for by each query.

    Returns:
        Marks by sort: `"1 hop"`, `"2 hops"`, `"2 hops, chain"` and so on, and `"all"`.
    """
    questions = {question.id: question for question in world.questions(split)[:count]}
    found: dict[str, list[Mapping[str, float]]] = defaultdict(list)
    for episode in play(world, split, list(questions), agent, top_k=top_k):
        question = questions[episode.job.question_id]
        hops = "1 hop" if len(question.hops) == 1 else f"{len(question.hops)} hops"
        for sort in (hops, f"{hops}, {question.type}", "all"):
            found[sort].append(episode.metrics)
    return {sort: _mark(found[sort]) for sort in sorted(found)}


def _mark(metrics: list[Mapping[str, float]]) -> Mark:
    em, form = (
        float(np.mean([each.get(name, 0.0) for each in metrics]))
        for name in ("em", "format_adherence")
    )
    return Mark(len(metrics), em, form)
