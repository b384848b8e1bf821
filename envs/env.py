"""The single environment: Gymnasium's contract around one episode.

It owns the spaces, the seed, the retriever's call and rendering; the rules of play are in the
episode class that a subclass names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, cast

import gymnasium
from gymnasium.utils import seeding

from ..core import Question
from ..errors import ConfigError, EpisodeError
from ..rewards.base import ask
from .datasets.base import QuestionSet
from .draws import rewound
from .episode import Episode
from .render import print_new, transcript_text
from .settings import Settings, settings_from
from .spaces import UnicodeText
from .stage import Stage
from .stepping import kept

MAX_ACTION_SPACE = 1 << 24
"""Longer than any grammar reads: too long an action is a parse error, not a crash."""


class HopEnv(gymnasium.Env[str, str]):
    """An environment over questions; subclasses name the settings, the stage and the episode."""

    env_id: ClassVar[str]
    settings_class: ClassVar[type[Settings]]
    stage_class: ClassVar[type[Stage]]
    episode_class: ClassVar[type[Episode]]
    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["ansi", "human"], "render_fps": 4}  # type: ignore[misc]

    def __init__(self, render_mode: str | None = None, **keywords: Any) -> None:
        check_render_mode(render_mode, self.metadata["render_modes"])
        self.render_mode = render_mode
        self.stage = self.make_stage(keywords)
        self.observation_space, self.action_space = spaces_of(self.stage)
        self._episode: Episode | None = None

    @classmethod
    def make_stage(cls, keywords: Mapping[str, Any]) -> Any:
        """Resolve keyword arguments into the shared parts."""
        settings = settings_from(cls.settings_class, keywords, cls.env_id)
        return cls.stage_class(settings, cls.env_id)

    @property
    def question(self) -> Question:
        """The question being played, gold included: for oracles and trainers, not for agents."""
        return self._running().question

    @property
    def question_set(self) -> QuestionSet:
        """Where the questions come from."""
        return cast("QuestionSet", self.stage.question_set)

    @property
    def split(self) -> str:
        """The split being played."""
        return cast("str", self.stage.split)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[str, dict[str, Any]]:
        """Begin an episode.

        Args:
            seed: Reseeds the drawing of questions.
            options: `{"question_id": …}` or `{"index": …}` fixes the question.

        Returns:
            The opening transcript, and the info.

        Raises:
            RetrievalError: If the episode opens with documents and the retriever failed; the
                episode before stands where it stood, and the same question is drawn again.
        """
        rng, used = seeding.np_random(seed) if seed is not None else (self.np_random, None)
        with rewound([rng]):  # what is refused changes nothing
            question = self.stage.pick(rng, options)
            episode = self.episode_class(self.stage, question, seed)  # type: ignore[call-arg]
            queries = episode.first_queries()
            while queries:
                queries = episode.take_first(self.stage.search(queries))
        if seed is not None:
            self._np_random, self._np_random_seed = rng, used
        self._episode = episode
        if self.render_mode == "human":
            print_new(self._episode)
        return self._episode.text, self._episode.public_info()

    def step(self, action: str) -> tuple[str, float, bool, bool, dict[str, Any]]:
        """Take one action.

        Raises:
            EpisodeError: If the episode is over or was never begun.
            RetrievalError: If the retriever failed.
            RewardError: If the reward could not score the step. Either way the episode stands
                where it stood, and the same action may be tried again.
        """
        episode = self._running()
        with kept([episode]):
            queries = episode.act(action)
            while queries := episode.receive(self.stage.search(queries) if queries else []):
                pass
            episode.settle(ask(episode.reward, *episode.to_score))
        if self.render_mode == "human":
            print_new(episode)
        return episode.result()

    def set_progress(self, step: int | None) -> None:
        """Tell how far training is; from the next episode on, scheduled rewards follow it.

        Args:
            step: The trainer's global step, from 0; None when nobody trains.

        Raises:
            ConfigError: If it is no such number.
        """
        self.stage.set_progress(step)

    def render(self) -> str | None:
        """Return the transcript as plain text (`"ansi"`); `"human"` prints as it goes."""
        if self.render_mode == "ansi":
            return transcript_text(self._running())
        return None

    def _running(self) -> Episode:
        if self._episode is None:
            raise EpisodeError("No episode has begun. Call reset() first.")
        return self._episode


def spaces_of(stage: Any) -> tuple[UnicodeText, UnicodeText]:
    """Return the observation and the action space of a stage."""
    return UnicodeText(stage.max_text), UnicodeText(MAX_ACTION_SPACE)


def check_render_mode(given: str | None, allowed: list[str]) -> None:
    """Refuse a render mode that does not exist."""
    if given is not None and given not in allowed:
        raise ConfigError(
            f"render_mode is {given!r}; it may be None or one of: {', '.join(allowed)}."
        )
