"""What an engine is, and the work that it is given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..base import Agent
from ..rollout import Episode, Job


@dataclass(frozen=True, slots=True)
class Work:
    """What one agent is to play of one environment, with one seed."""

    env_id: str
    env_kwargs: Mapping[str, Any]
    agent: Any
    """The agent as the user named it, for processes that must make their own."""
    seed: int
    jobs: Sequence[Job]
    num_envs: int = 8
    env: str = ""
    """The environment as the user named it, for processes that must import its module."""


class Engine(Protocol):
    """Plays work. Use it for one piece after the other, and close it."""

    def play(self, work: Work, agent: Agent) -> Iterator[Episode]:
        """Yield the episodes as they end, in any order.

        Args:
            work: What is to be played.
            agent: Who plays, made; an engine of several processes makes others like it.
        """

    def close(self) -> None:
        """Give back what it holds."""
