"""How well a policy selects while it is trained: held-out questions, greedily, in its environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...envs.datasets import make_questions
from ...envs.datasets.base import QuestionSet
from ...errors import AgentError, ConfigError
from ..base import Agent
from ..rollout import Job, rollout
from ..training.held_out import check_apart, check_split
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
        names = sorted(set.intersection(*(set(metrics) for metrics in played)))
        if self.metric not in names:
            raise ConfigError(
                f"{self.env_id} reports no metric {self.metric!r}; it reports {', '.join(names)}."
            )
        return {name: sum(each[name] for each in played) / len(played) for name in names}


def make_examination(
    settings: SB3Settings, question_set: QuestionSet, env_kwargs: Mapping[str, Any]
) -> Examination | None:
    """Return what is played while training; None where nothing is to be.

    Raises:
        ConfigError: If there is no such question set or split.
        DataError: If its questions are trained on.
    """
    if settings.eval_questions == "none":
        return None
    held_out = make_questions(settings.eval_questions) if settings.eval_questions else question_set
    check_split(held_out, settings.eval_split)
    examination = Examination(
        question_set=held_out,
        split=settings.eval_split,
        env_id=settings.env_id,
        env_kwargs=env_kwargs,
        episodes=settings.eval_episodes,
        metric=settings.eval_metric,
        num_envs=settings.num_envs,
        seed=settings.seed,
    )
    check_apart(
        question_set.questions(settings.split),
        held_out.questions(settings.eval_split),
        f"{question_set.name} {settings.split}",
        f"{held_out.name} {settings.eval_split}",
        same=held_out.fingerprint == question_set.fingerprint,
    )
    return examination
