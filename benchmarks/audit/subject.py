"""What is audited: an environment by its id, with its keywords, and what is known of its play."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import gymnasium
import numpy as np

from ...agents.games import DOCUMENTS, FACTS, game_of
from ...envs.registration import find_env
from ...envs.settings import at_least
from ...errors import ConfigError
from .playing import MOST_STEPS, Env, Played, Policy, Script, play

EPISODES = 16


class Subject:
    """An environment under audit; what is played is kept, so that checks can share it.

    Of an environment that is not ours, three attributes of `env.unwrapped` are used where they
    are: `question` (with `.answers`) or `answers`, the gold of the running episode;
    `write_answer(text)` and `write_query(text)`, which return actions. Without them a text is its
    own action, and there are no queries.

    Args:
        env_id: A registered id, `module:id` or `file.py:id`.
        keywords: Of the environment.
        episodes: How many each script plays: those of the seeds 0, 1, and so on.
        oracle: Who plays best, as `make_agent` takes it; ours, or the gold answer at once.

    Raises:
        UnknownNameError: If no environment has that id.
        ConfigError: If it cannot be made with these keywords, or `episodes` is below 2.
    """

    def __init__(
        self,
        env_id: str,
        keywords: Mapping[str, Any] | None = None,
        *,
        episodes: int = EPISODES,
        oracle: Any = None,
    ) -> None:
        at_least("episodes", episodes, 2)
        self.env_id = find_env(env_id)
        self.keywords = dict(keywords or {})
        self.episodes = episodes
        self.oracle = oracle
        self._played: dict[str, list[Played]] = {}
        self.env  # noqa: B018  # made at once: wrong keywords are an error and no finding

    def make(self) -> Env:
        """Make a fresh instance."""
        try:
            return gymnasium.make(self.env_id, **self.keywords)
        except TypeError as error:
            if not self.keywords:
                raise
            given = ", ".join(self.keywords)
            raise ConfigError(
                f"{self.env_id} cannot be made with the keywords {given}: {error}. Leave out what "
                "it does not take; --questions and --split are keywords, too."
            ) from error

    @cached_property
    def env(self) -> Env:
        """The instance that most checks play."""
        return self.make()

    @property
    def seeds(self) -> range:
        """The seeds of the episodes."""
        return range(self.episodes)

    @cached_property
    def game(self) -> str:
        """What is played: documents or facts, or empty for a stranger's rules."""
        return game_of(self.env)

    @cached_property
    def ours(self) -> bool:
        """Whether it has questions, a stage and infos as hopgym's environments do."""
        return bool(self.game) and hasattr(self.env.unwrapped, "question_set")

    @cached_property
    def takes_text(self) -> bool:
        """Whether an action is a text."""
        space = self.env.action_space
        return isinstance(space.sample(), str)

    @cached_property
    def answers_in_text(self) -> bool:
        """Whether an agent answers in its own words, so that answers can be gamed."""
        return self.takes_text and self.game != FACTS

    @property
    def searches(self) -> bool:
        """Whether an agent may search."""
        return self.game == DOCUMENTS or hasattr(self.env.unwrapped, "write_query")

    def play(self, name: str, script: Script) -> list[Played]:
        """Return one episode of each seed; what a name has played before is not played again."""
        if name not in self._played:
            self._played[name] = [self.once(script(), seed) for seed in self.seeds]
        return self._played[name]

    def once(self, policy: Policy, seed: int) -> Played:
        """Play one episode in the shared instance."""
        return play(self.env, policy, seed, most=self.most)

    @cached_property
    def most(self) -> int:
        """The steps after which an episode is left: it has no end of its own, then."""
        if self.ours:  # they end by themselves, after all retries of all turns
            return 1 << 16
        spec = self.env.spec
        return max(MOST_STEPS, (spec.max_episode_steps if spec else None) or 0)

    @property
    def seen(self) -> list[Played]:
        """Every episode that any script has played so far."""
        return [one for episodes in self._played.values() for one in episodes]


def mean(episodes: list[Played]) -> float:
    """Return the mean return."""
    return float(np.mean([one.total for one in episodes]))
