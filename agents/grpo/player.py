"""Plays the episodes of a batch: questions in an environment, with the model that is trained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ...envs.registration import find_env
from ...envs.settings import at_least
from ...errors import RetrievalError, RewardError
from ...seeding import rng_for
from ..lanes import Job, open_lanes
from ..llm.generator import Generator
from ..llm.prompts import Prompts, stop_of
from ..llm.rollout import TokenRollout, token_rollout
from ..llm.sampling import Sampling
from ..llm.stops import Stop
from ..schedule import Schedule
from ..training.rollouts import in_order
from .generators import generator_of

Path = tuple[Any, ...]
"""What random numbers follow: a path of texts and numbers."""


class Player:
    """Plays questions with a trainer's model.

    Args:
        env_id: A registered environment that is played in text.
        env_kwargs: Its keyword arguments, the questions among them.
        first_id: The question that it is opened with.
        prompts: How the model is asked.
        max_new_tokens: Tokens of a turn at most.
        context: Tokens that the model reads; None for what it says itself.
        num_envs: Episodes side by side.

    Raises:
        ConfigError: If the environment refuses its keywords.
        UnknownNameError: If there is no such environment.
    """

    def __init__(
        self,
        env_id: str,
        env_kwargs: Mapping[str, Any],
        first_id: str,
        *,
        prompts: Prompts,
        max_new_tokens: int,
        context: int | None,
        num_envs: int,
    ) -> None:
        at_least("num_envs", num_envs, 1)
        at_least("max_new_tokens", max_new_tokens, 1)
        self.env_id = find_env(env_id)
        self.prompts = prompts
        self.max_new_tokens = max_new_tokens
        self.context = context
        self.num_envs = num_envs
        self._kwargs = env_kwargs
        self.stop, self.grammar, self.schedule = self._opened(first_id)

    def play(self, trainer: Any, ids: Sequence[str], path: Path) -> list[TokenRollout]:
        """Play questions, each occurrence a sample of its own; return them in this order.

        Args:
            trainer: TRL's `GRPOTrainer`. In training, rewards are those of its global step.
            ids: The questions.
            path: What the samples follow.
        """
        args = trainer.args
        sampling = Sampling(
            temperature=args.temperature, top_p=args.top_p, max_new_tokens=self.max_new_tokens
        )
        step = int(trainer.state.global_step) if trainer.model.training else None
        with generator_of(trainer, sampling, self.context) as generator:
            return self._rollouts(generator, ids, path, step)

    def _rollouts(
        self, generator: Generator, ids: Sequence[str], path: Path, step: int | None
    ) -> list[TokenRollout]:
        seen: Counter[str] = Counter()
        jobs = []
        for id in ids:
            jobs.append(Job(id, seen[id]))
            seen[id] += 1
        played = token_rollout(
            self.env_id,
            generator,
            jobs,
            prompts=self.prompts,
            env_kwargs=self._kwargs,
            num_envs=min(self.num_envs, len(jobs)),
            seed=int(rng_for(*path, "episodes").integers(2**31)),
            training_step=step,
        )
        return in_order(jobs, played)

    def _opened(self, first_id: str) -> tuple[Stop, str, Schedule]:
        """Open the environment, so that what it refuses is told before training.

        Returns:
            What ends a turn, the grammar's name, and what the reward's terms weigh when.
        """
        env, lanes = open_lanes(self.env_id, self._kwargs, 1)
        info: Mapping[str, Any] = {}
        try:
            info = lanes.begin(0, Job(first_id))[1]
        except (RetrievalError, RewardError):
            pass  # out of reach for now; an episode tells
        finally:
            lanes.close()
        return stop_of(info), str(info.get("grammar", "")), Schedule.of(env)
