"""The native vector environment: many episodes, one retrieval call for all of their queries.

It follows Gymnasium's `VectorEnv` with every autoreset mode; what differs from the sync vector env
is only the speed. Seeds and questions are those of single environments seeded alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, cast

import numpy as np
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from ..core import Question
from ..errors import EpisodeError, HopgymError
from .datasets.base import QuestionSet
from .draws import rewound
from .env import HopEnv, check_render_mode, spaces_of
from .episode import Episode, Result
from .infos import batch_infos
from .render import transcript_text
from .settings import at_least
from .stepping import kept, open_all, play, play_apart
from .vector_arguments import (
    autoreset_mode_of,
    check_count,
    check_indices,
    reset_mask,
    spread_options,
    spread_seeds,
)

Texts = tuple[str, ...]
Observed = tuple[str, dict[str, Any]]

NEXT: tuple[None, dict[str, Any]] = (None, {})
"""The seed and the options of an episode that begins by itself."""


class Drawn(NamedTuple):
    """An episode that is about to begin in a lane."""

    generator: np.random.Generator
    """What drew its question, and goes on in the lane."""
    episode: Episode


class HopVectorEnv(VectorEnv[Texts, Sequence[str], np.ndarray]):
    """Many episodes of one environment; subclasses name the single environment.

    Args:
        num_envs: How many episodes run side by side.
        autoreset_mode: Gymnasium's `AutoresetMode` or its value: `"NextStep"` (default),
            `"SameStep"` or `"Disabled"`.
        render_mode: `"ansi"` or None.
        **keywords: The single environment's.
    """

    env_class: ClassVar[type[HopEnv]]

    def __init__(
        self,
        num_envs: int = 1,
        autoreset_mode: str | AutoresetMode = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
        **keywords: Any,
    ) -> None:
        at_least("num_envs", num_envs, 1)
        check_render_mode(render_mode, ["ansi"])
        self.num_envs = num_envs
        self.render_mode = render_mode
        self.autoreset_mode = autoreset_mode_of(autoreset_mode)
        self.metadata = {"render_modes": ["ansi"], "autoreset_mode": self.autoreset_mode}
        self.stage = self.env_class.make_stage(keywords)
        self.single_observation_space, self.single_action_space = spaces_of(self.stage)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._generators = [seeding.np_random(None)[0] for _ in range(num_envs)]
        self._episodes: list[Episode] = []

    @property
    def questions(self) -> list[Question]:
        """The questions being played, gold included: for oracles and trainers, not for agents."""
        return [episode.question for episode in self._episodes]

    @property
    def question_set(self) -> QuestionSet:
        """Where the questions come from."""
        return cast("QuestionSet", self.stage.question_set)

    @property
    def split(self) -> str:
        """The split being played."""
        return cast("str", self.stage.split)

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Texts, dict[str, Any]]:
        """Begin an episode in every sub-environment, or in those of `options["reset_mask"]`.

        Args:
            seed: One seed for each sub-environment, or a number `n` for `n, n + 1, …`
                (Gymnasium's rule for vector environments).
            options: `question_id` or `index`, one value for all or a list with one for each.

        Raises:
            RetrievalError: If episodes open with documents and the retriever failed; all episodes
                stand where they stood, and the same questions are drawn again.
        """
        seeds = spread_seeds(seed, self.num_envs)
        chosen = dict(options or {})
        mask = reset_mask(chosen.pop("reset_mask", None), self.num_envs, begun=bool(self._episodes))
        each = spread_options(chosen, self.num_envs)
        # All episodes are made before any is replaced: a refused option changes nothing.
        drawn = self._draw({int(i): (seeds[i], each[i]) for i in np.flatnonzero(mask)})
        if not self._episodes:
            self._episodes = [drawn[i].episode for i in range(self.num_envs)]
        self._begin(drawn)
        infos = [self._episodes[i].public_info() if mask[i] else None for i in range(self.num_envs)]
        return self._texts(), batch_infos(infos)

    def step(
        self, actions: Sequence[str]
    ) -> tuple[Texts, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Take one action in every sub-environment.

        Raises:
            EpisodeError: If an episode is over and `autoreset_mode` is disabled.
            RetrievalError: If the retriever failed.
            RewardError: If a reward could not score a step. Either way no episode has moved, so
                that the same actions may be tried again.
        """
        self._check_actions(actions)
        waiting = [i for i, episode in enumerate(self._episodes) if episode.over]
        playing = [i for i, episode in enumerate(self._episodes) if not episode.over]
        episodes = [self._episodes[i] for i in playing]
        # What comes next is drawn first: a question that cannot be had moves nothing either.
        with kept(episodes), rewound([self._generators[i] for i in waiting]):
            fresh = self._draw(dict.fromkeys(waiting, NEXT))
            play(self.stage, episodes, [actions[i] for i in playing])
            fresh |= self._draw(dict.fromkeys(self._ended(playing), NEXT))
        return self._collect(playing, fresh)

    def begin(self, index: int, seed: int | None, options: dict[str, Any]) -> Observed:
        """Begin an episode in one sub-environment and leave the others as they are.

        Raises:
            EpisodeError: If `reset` was never called.
            RetrievalError: If it opens with documents and the retriever failed; nothing has moved.
        """
        self._check_begun()
        self._begin(self._draw({index: (seed, options)}))
        episode = self._episodes[index]
        return episode.text, episode.public_info()

    def step_some(
        self, indices: Sequence[int], actions: Sequence[str]
    ) -> list[Result | HopgymError]:
        """Step only some sub-environments and return their results, without any autoreset.

        The rollout loop's way in: sub-environments that have nothing left to play stay still, and
        where infrastructure failed, its error stands in the place of the result and the episode
        where it stood, so that the same action may be tried again.

        Raises:
            EpisodeError: If `reset` was never called.
            ConfigError: If these are not so many different sub-environments, with an action each.
        """
        self._check_begun()
        check_indices(indices, actions, self.num_envs)
        episodes = {i: self._episodes[i] for i in indices}
        failed = play_apart(self.stage, episodes, actions, self.env_class.__name__)
        return [failed.get(i) or episode.result() for i, episode in episodes.items()]

    def call(self, name: str, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Call a method, or read an attribute, as in sync and async vector environments.

        Returns:
            The same result for every sub-environment: they share what there is to call.
        """
        found = getattr(self, name)
        return (found(*args, **kwargs) if callable(found) else found,) * self.num_envs

    def set_progress(self, step: int | None) -> None:
        """Tell how far training is; from the next episodes on, scheduled rewards follow it.

        Args:
            step: The trainer's global step, from 0; None when nobody trains.

        Raises:
            ConfigError: If it is no such number.
        """
        self.stage.set_progress(step)

    def render(self) -> tuple[str, ...] | None:
        """Return every transcript (`render_mode="ansi"`)."""
        if self.render_mode != "ansi":
            return None
        return tuple(transcript_text(episode) for episode in self._episodes)

    def _draw(self, lanes: Mapping[int, tuple[int | None, dict[str, Any]]]) -> dict[int, Drawn]:
        """Make an episode of a drawn question for each lane; where one is refused, none was drawn.

        Args:
            lanes: A seed, or None to draw on, and the options of each.
        """
        with rewound([self._generators[i] for i, (seed, _) in lanes.items() if seed is None]):
            drawn = {i: self._drawn(i, *asked) for i, asked in lanes.items()}
            open_all(self.stage, [one.episode for one in drawn.values()])
            return drawn

    def _drawn(self, index: int, seed: int | None, options: dict[str, Any]) -> Drawn:
        fresh = seed is not None
        generator = seeding.np_random(seed)[0] if fresh else self._generators[index]
        question = self.stage.pick(generator, options)
        return Drawn(generator, self.env_class.episode_class(self.stage, question, seed))  # type: ignore[call-arg]

    def _begin(self, drawn: Mapping[int, Drawn]) -> None:
        for i, one in drawn.items():
            self._generators[i], self._episodes[i] = one

    def _ended(self, played: Sequence[int]) -> list[int]:
        """Return the lanes that begin anew in the step in which they end."""
        at_once = self.autoreset_mode is AutoresetMode.SAME_STEP
        return [i for i in played if at_once and self._episodes[i].over]

    def _collect(
        self, played: Sequence[int], fresh: Mapping[int, Drawn]
    ) -> tuple[Texts, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Put the results together; where there is a fresh episode, it begins."""
        last = {i: self._episodes[i].result() for i in played}
        self._begin(fresh)
        results = [self._result(i, last.get(i), begun=i in fresh) for i in range(self.num_envs)]
        texts, rewards, terminated, truncated, infos = zip(*results, strict=True)
        return (
            texts,
            np.array(rewards, np.float64),
            np.array(terminated, np.bool_),
            np.array(truncated, np.bool_),
            batch_infos(infos),
        )

    def _result(self, index: int, last: Result | None, *, begun: bool) -> Result:
        """Return what a step shows of a lane.

        Args:
            index: The lane.
            last: What its action came to; None where it had ended before, and only begins.
            begun: Whether it has begun anew.
        """
        episode = self._episodes[index]
        if last is None:
            return Result(episode.text, 0.0, False, False, episode.public_info())
        if not begun:
            return last
        text, reward, terminated, truncated, info = last
        ended = {"final_obs": text, "final_info": info, **episode.public_info()}
        return Result(episode.text, reward, terminated, truncated, ended)

    def _texts(self) -> Texts:
        return tuple([episode.text for episode in self._episodes])

    def _check_begun(self) -> None:
        if not self._episodes:
            raise EpisodeError("No episode has begun. Call reset() first.")

    def _check_actions(self, actions: Sequence[str]) -> None:
        self._check_begun()
        check_count(actions, self.num_envs)
        if self.autoreset_mode is AutoresetMode.DISABLED:
            for episode in self._episodes:
                episode.check_running()
