"""How well a policy selects while it is trained: held-out questions, greedily, in its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...envs.datasets.base import QuestionSet
from ...errors import AgentError
from ..base import Agent
from ..rollout import Job, rollout
from ..training.examination import means_of
from ..training.held_out import held_out_set
from .settings import SB3Settings


@dataclass(frozen=True, kw_only=True)
class Examination:
    """Which questions are played, and how.

    Raises:
        ConfigError: If there is no such split.
    """

    question_set: QuestionSet
    split: str
    env_id: str
    env_kwargs: Mapping[str, Any] = field(default_factory=dict)
    episodes: int = 200
    """The first so many of the split."""
    metric: str = "reward"
    num_envs: int = 64
    seed: int = 0

    def __post_init__(self) -> None:
        """Look it up, before a policy is trained for long."""
        self.jobs()

    def jobs(self) -> list[Job]:
        """Return what is played."""
        questions = self.question_set.questions(self.split)[: self.episodes]
        return [Job(question.id) for question in questions]

    def play(self, agent: Agent) -> dict[str, float]:
        """Let an agent play; return the means of its metrics, and of its `reward`.

        Raises:
            AgentError: If no episode could be played.
            ConfigError: If the environment reports no such metric.
        """
        kwargs = {**self.env_kwargs, "questions": self.question_set, "split": self.split}
        jobs = self.jobs()
        lanes = min(self.num_envs, len(jobs))
        episodes = list(
            rollout(self.env_id, agent, jobs, env_kwargs=kwargs, num_envs=lanes, seed=self.seed)
        )
        played = [
            {**each.metrics, "reward": each.reward} for each in episodes if each.error is None
        ]
        if not played:
            raise AgentError(f"No episode of the evaluation could be played: {episodes[0].error}")
        return means_of(played, self.metric, self.env_id)


def make_examination(
    settings: SB3Settings, question_set: QuestionSet, env_kwargs: Mapping[str, Any]
) -> Examination | None:
    """Return what is played while training; None where nothing is to be.

    Raises:
        ConfigError: If there is no such question set or split.
        DataError: If its questions are trained on.
    """
    held_out = held_out_set(settings, question_set)
    if held_out is None:
        return None
    return Examination(
        question_set=held_out,
        split=settings.eval_split,
        env_id=settings.env_id,
        env_kwargs=env_kwargs,
        episodes=settings.eval_episodes,
        metric=settings.eval_metric,
        num_envs=settings.num_envs,
        seed=settings.seed,
    )
