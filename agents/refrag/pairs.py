"""Pairs of episodes to learn a reward from: of one question, a better one and a worse one.

Agents play the same questions, each episode is marked by a metric that knows the gold, and what is
kept is what a scorer reads, which does not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from ...core import Question, Trajectory
from ...envs.datasets import make_questions
from ...envs.settings import at_least
from ...errors import ConfigError, DataError
from ...rewards.learned import episode_text
from ...seeding import rng_for
from .. import make_agent
from ..rollout import Job, rollout


class Marked(NamedTuple):
    """An episode, and how good it was."""

    question: Question
    trajectory: Trajectory
    mark: float


class Pair(NamedTuple):
    """Two episodes of one question, as a scorer reads them."""

    better: str
    worse: str


def play(
    agents: Sequence[Any],
    questions: str,
    split: str,
    *,
    env_id: str = "hopgym/RAG-v0",
    env_kwargs: dict[str, Any] | None = None,
    episodes: int = 500,
    metric: str = "em",
    num_envs: int = 64,
) -> list[Marked]:
    """Let agents play the same questions, and mark each episode.

    Raises:
        ConfigError: If there is no such metric.
        DataError: If no episode could be played.
    """
    question_set = make_questions(questions)
    known = {question.id: question for question in question_set.questions(split)[:episodes]}
    kwargs = {**(env_kwargs or {}), "questions": question_set, "split": split}
    made, wrong = [], ""
    for agent in map(make_agent, agents):
        jobs = [Job(id) for id in known]
        for episode in rollout(env_id, agent, jobs, env_kwargs=kwargs, num_envs=num_envs):
            wrong = wrong or episode.error or ""
            if episode.error is None and episode.trajectory is not None:
                question = known[episode.job.question_id]
                made.append(Marked(question, episode.trajectory, _mark(episode, metric)))
    if not made:
        raise DataError(f"No episode could be played. {wrong}".strip())
    return made


def pairs_of(episodes: Iterable[Marked], most: int = 4, seed: int = 0) -> list[Pair]:
    """Return pairs of episodes of one question that differ in their marks.

    Args:
        episodes: Marked ones, in any order.
        most: Pairs of a question at most, drawn.
        seed: Of what is drawn.
    """
    at_least("most", most, 1)
    by_question: defaultdict[str, list[Marked]] = defaultdict(list)
    for episode in episodes:
        by_question[episode.question.id].append(episode)
    made = []
    for id, own in by_question.items():
        ranked = sorted(own, key=lambda each: -each.mark)  # stable: the order given decides ties
        texts = [episode_text(each.question, each.trajectory) for each in ranked]
        found = [
            Pair(texts[a], texts[b])
            for a, b in combinations(range(len(ranked)), 2)
            if ranked[a].mark > ranked[b].mark and texts[a] != texts[b]
        ]
        order = rng_for(seed, "pairs", id).permutation(len(found))[:most]
        made += [found[place] for place in sorted(order)]
    return made


def _mark(episode: Any, metric: str) -> float:
    if metric == "reward":
        return float(episode.reward)
    if metric not in episode.metrics:
        raise ConfigError(
            f"There is no metric {metric!r}; the environment tells: reward, "
            f"{', '.join(sorted(episode.metrics))}."
        )
    return float(episode.metrics[metric])
