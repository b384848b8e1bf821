"""Which episodes an update learns from: questions in random order, each some times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from ...envs.datasets.base import QuestionSet
from ...errors import ConfigError
from ...seeding import rng_for
from ..lanes import Job, open_lanes
from ..llm.generator import Generator
from ..llm.rollout import TokenRollout, token_rollout
from ..schedule import Schedule
from ..stream import QuestionStream
from ..training.rollouts import in_order
from .settings import PPOSettings


class Collector:
    """Plays the episodes of each update.

    Args:
        question_set: The questions; every one comes once before any comes again.
        settings: How many, where, and how they are played.
        env_kwargs: The environment's keyword arguments.

    Raises:
        ConfigError: If there are no questions.
    """

    def __init__(
        self, question_set: QuestionSet, settings: PPOSettings, env_kwargs: Mapping[str, Any]
    ) -> None:
        self.settings = settings
        self._kwargs = {**env_kwargs, "questions": question_set, "split": settings.split}
        ids = [question.id for question in question_set.questions(settings.split)]
        if not ids:
            raise ConfigError(
                f"{question_set.name} has no questions in its split {settings.split!r}. Give "
                "another --split or --questions."
            )
        self._stream = QuestionStream(ids, settings.seed)

    def check(self) -> Schedule:
        """Open the environment once, so that what it refuses is told before anything is written.

        Returns:
            What the terms of its reward weigh when.
        """
        env, lanes = open_lanes(self.settings.env_id, dict(self._kwargs), 1)
        lanes.close()
        return Schedule.of(env)

    def jobs(self, update: int) -> list[Job]:
        """Return what an update plays; a question's samples stand side by side.

        A question that comes twice in an update is sampled on, not sampled alike.
        """
        settings = self.settings
        first = update * settings.batch_questions
        ids = self._stream.part(first, settings.batch_questions)
        samples: dict[str, Iterator[int]] = defaultdict(count)
        return [Job(id, next(samples[id])) for id in ids for _ in range(settings.num_samples)]

    def play(
        self, generator: Generator, update: int, jobs: Sequence[Job] | None = None
    ) -> list[TokenRollout]:
        """Let a model play an update's episodes; return them in the order of the jobs.

        Args:
            generator: The model.
            update: Its number, from 0.
            jobs: Some of its jobs; None for all. An episode is the same among few as among all.
        """
        settings = self.settings
        jobs = self.jobs(update) if jobs is None else jobs
        if not jobs:
            return []
        played = token_rollout(
            settings.env_id,
            generator,
            jobs,
            prompts=settings.prompts,
            env_kwargs=self._kwargs,
            num_envs=min(settings.num_envs, len(jobs)),
            seed=int(rng_for(settings.seed, "episodes", update).integers(2**31)),
            training_step=update,
        )
        return in_order(jobs, played)
