"""What the server does for a client, whatever it speaks: sessions over one environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium

from ...errors import ConfigError, EpisodeError
from ..registration import find_env
from .limits import EnvLimits
from .sessions import Env, Sessions
from .wire import read_value, write_info, write_space, write_value


class Game:
    """One environment, its spaces, and the sessions that play it.

    Clients choose the seed and the question, and nothing else of how it is made.

    Args:
        env_id: A registered environment, or `file.py:id`.
        env_kwargs: Its keyword arguments.
        limits: What clients may ask for.

    Raises:
        UnknownNameError: If there is no such environment.
        ConfigError: If it cannot be made so.
        DataError: If its spaces cannot be told to a client.
    """

    def __init__(
        self,
        env_id: str,
        env_kwargs: Mapping[str, Any] | None = None,
        limits: EnvLimits | None = None,
    ) -> None:
        self.env_id = find_env(env_id)
        self.limits = limits or EnvLimits()
        self._kwargs = dict(env_kwargs or {})
        first = self._make()
        self.observation_space, self.action_space = first.observation_space, first.action_space
        self.info = {
            "env_id": self.env_id,
            "observation_space": write_space(self.observation_space),
            "action_space": write_space(self.action_space),
        }
        questions = getattr(first.unwrapped, "question_set", None)
        if questions is not None:  # once for all sessions
            self._kwargs["questions"] = questions
        first.close()
        self.sessions = Sessions(self._make, self.limits)

    def reset(
        self, session: str, seed: int | None, options: dict[str, Any] | None
    ) -> dict[str, Any]:
        """Begin an episode and return its observation and info, as JSON has them."""
        with self.sessions.using(session) as env:
            try:
                observation, info = env.reset(seed=seed, options=options)
            except gymnasium.error.Error as error:
                raise ConfigError(f"The seed {seed} cannot be taken: {error}") from error
            return {
                "observation": write_value(self.observation_space, observation),
                "info": write_info(info),
            }

    def step(self, session: str, action: Any) -> dict[str, Any]:
        """Take an action, as JSON has it, and return what came of it."""
        with self.sessions.using(session) as env:
            read = read_value(self.action_space, action)
            try:
                observation, reward, terminated, truncated, info = env.step(read)
            except gymnasium.error.ResetNeeded as error:
                raise EpisodeError("No episode has begun. Call reset() first.") from error
            return {
                "observation": write_value(self.observation_space, observation),
                "reward": float(reward),
                "terminated": bool(terminated),
                "truncated": bool(truncated),
                "info": write_info(info),
            }

    def _make(self) -> Env:
        made: Env = gymnasium.make(self.env_id, disable_env_checker=True, **self._kwargs)
        return made
