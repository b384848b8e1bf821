"""`local`: everything in this process."""

from __future__ import annotations

from collections.abc import Iterator

from ..base import Agent
from ..rollout import Episode, rollout
from .base import Work


class LocalEngine:
    """Plays in this process."""

    def play(self, work: Work, agent: Agent) -> Iterator[Episode]:
        """Yield the episodes as they end."""
        return rollout(
            work.env_id,
            agent,
            work.jobs,
            env_kwargs=work.env_kwargs,
            num_envs=work.num_envs,
            seed=work.seed,
        )

    def close(self) -> None:
        """Do nothing: it holds nothing."""
