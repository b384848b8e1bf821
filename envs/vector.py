"""The native vector environment: many episodes, one retrieval call for all of their queries.

It follows Gymnasium's `VectorEnv` with every autoreset mode; what differs from the sync vector env
is only the speed. Seeds and questions are those of single environments seeded alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

import numpy as np
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from ..core import Question, Score
from ..errors import ConfigError, EpisodeError, HopgymError, RetrievalError, RewardError
from ..rewards.base import ask_many
from .datasets.base import QuestionSet
from .env import HopEnv, check_render_mode, spaces_of
from .episode import Episode, Query, Result, Row
from .infos import batch_infos
from .render import transcript_text
from .settings import at_least
from .vector_arguments import (
    autoreset_mode_of,
    check_indices,
    reset_mask,
    spread_options,
    spread_seeds,
)

Texts = tuple[str, ...]
Waiting = tuple[int, Sequence[Query]]
Observed = tuple[str, dict[str, Any]]


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
        """
        seeds = spread_seeds(seed, self.num_envs)
        chosen = dict(options or {})
        mask = reset_mask(chosen.pop("reset_mask", None), self.num_envs, begun=bool(self._episodes))
        each = spread_options(chosen, self.num_envs)
        # Questions are picked before any episode is replaced: a refused option changes nothing.
        chosen_lanes = [int(i) for i in np.flatnonzero(mask)]
        drawn = {i: self._draw(i, seeds[i], each[i]) for i in chosen_lanes}
        begun = {i: self._commit(i, seeds[i], *drawn[i]) for i in chosen_lanes}
        self._episodes = [
            begun[i] if i in begun else self._episodes[i] for i in range(self.num_envs)
        ]
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
        over = [episode.over for episode in self._episodes]
        playing = [i for i in range(self.num_envs) if not over[i]]
        self._play(playing, actions)
        return self._collect(over)

    def begin(self, index: int, seed: int | None, options: dict[str, Any]) -> Observed:
        """Begin an episode in one sub-environment and leave the others as they are.

        Raises:
            EpisodeError: If `reset` was never called.
        """
        self._check_begun()
        self._episodes[index] = episode = self._begin(index, seed, options)
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
        failed: dict[int, HopgymError] = {}
        self._play_each(indices, actions, failed)
        return [failed.get(i) or self._episodes[i].result() for i in indices]

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

    def _begin(self, index: int, seed: int | None, options: dict[str, Any]) -> Episode:
        return self._commit(index, seed, *self._draw(index, seed, options))

    def _draw(
        self, index: int, seed: int | None, options: dict[str, Any]
    ) -> tuple[np.random.Generator, Question]:
        """Draw a question; should the options be refused, nothing has changed."""
        fresh = seed is not None
        generator = seeding.np_random(seed)[0] if fresh else self._generators[index]
        return generator, self.stage.pick(generator, options)

    def _commit(
        self, index: int, seed: int | None, generator: np.random.Generator, question: Question
    ) -> Episode:
        self._generators[index] = generator
        return self.env_class.episode_class(self.stage, question, seed)  # type: ignore[call-arg, arg-type]

    def _play(self, playing: Sequence[int], actions: Sequence[str]) -> None:
        """Step these episodes; on a failure of any, none has moved, and it is raised."""
        episodes = [self._episodes[i] for i in playing]
        before = {i: self._episodes[i].snapshot() for i in playing}
        try:
            asked = [(e, e.act(actions[i])) for e, i in zip(episodes, playing, strict=True)]
            while asked:
                rows = iter(self._search([query for _, queries in asked for query in queries]))
                asked = [
                    (episode, more)
                    for episode, queries in asked
                    if (more := episode.receive([next(rows) for _ in queries]))
                ]
            for episode, score in zip(episodes, _scores(episodes), strict=True):
                episode.settle(score)
        except BaseException:
            self._restore(before)
            raise

    def _play_each(
        self, playing: Sequence[int], actions: Sequence[str], failed: dict[int, HopgymError]
    ) -> None:
        """Step these episodes; failures are collected, and each is that of its own episode.

        An episode that failed stands where it stood.
        """
        before = {i: self._episodes[i].snapshot() for i in playing}
        try:
            waiting = [(i, self._episodes[i].act(a)) for i, a in zip(playing, actions, strict=True)]
            while waiting:
                answered = self._search_each(waiting, failed)
                asked = [(i, self._receive(i, rows, failed)) for i, rows in answered]
                waiting = [(i, queries) for i, queries in asked if queries]
            self._settle([i for i in playing if i not in failed], failed)
        except BaseException:
            self._restore(before)
            raise
        self._restore({i: before[i] for i in failed})

    def _receive(
        self, index: int, rows: list[Row], failed: dict[int, HopgymError]
    ) -> Sequence[Query]:
        try:
            return self._episodes[index].receive(rows)
        except RetrievalError as error:
            failed[index] = error
            return ()

    def _settle(self, closed: Sequence[int], failed: dict[int, HopgymError]) -> None:
        scores = _scores([self._episodes[i] for i in closed])
        for i, score in zip(closed, scores, strict=True):
            try:
                self._episodes[i].settle(score)
            except RewardError as error:
                failed[i] = error

    def _restore(self, states: Mapping[int, dict[str, Any]]) -> None:
        for i, state in states.items():
            self._episodes[i].restore(state)

    def _search_each(
        self, waiting: list[Waiting], failed: dict[int, HopgymError]
    ) -> list[tuple[int, list[Row]]]:
        """Answer the queries of all episodes; where one failed, its episode has."""
        queries = [query for _, asked in waiting for query in asked]
        answers = iter(self.stage.search_each(queries) if queries else [])
        answered = []
        for i, asked in waiting:
            own = [next(answers) for _ in asked]
            error = next((answer for answer in own if isinstance(answer, HopgymError)), None)
            if error is None:
                answered.append((i, cast("list[Row]", own)))
            else:
                failed[i] = error
        return answered

    def _search(self, queries: list[Query]) -> list[Row]:
        return list(self.stage.search(queries)) if queries else []

    def _collect(
        self, over: list[bool]
    ) -> tuple[Texts, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        results = [
            self._next(i) if over[i] else episode.result()
            for i, episode in enumerate(self._episodes)
        ]
        if self.autoreset_mode is AutoresetMode.SAME_STEP:
            results = [self._same_step(i, result) for i, result in enumerate(results)]
        texts, rewards, terminated, truncated, infos = zip(*results, strict=True)
        return (
            texts,
            np.array(rewards, np.float64),
            np.array(terminated, np.bool_),
            np.array(truncated, np.bool_),
            batch_infos(infos),
        )

    def _next(self, index: int) -> Result:
        """Begin the next episode: all that this step does where the last one had ended."""
        self._episodes[index] = episode = self._begin(index, None, {})
        return Result(episode.text, 0.0, False, False, episode.public_info())

    def _same_step(self, index: int, result: Result) -> Result:
        """Begin the next episode at once where this one has ended, and keep its last info."""
        text, reward, terminated, truncated, info = result
        if not (terminated or truncated):
            return result
        self._episodes[index] = episode = self._begin(index, None, {})
        ended = {"final_obs": text, "final_info": info, **episode.public_info()}
        return Result(episode.text, reward, terminated, truncated, ended)

    def _texts(self) -> Texts:
        return tuple([episode.text for episode in self._episodes])

    def _check_begun(self) -> None:
        if not self._episodes:
            raise EpisodeError("No episode has begun. Call reset() first.")

    def _check_actions(self, actions: Sequence[str]) -> None:
        self._check_begun()
        several = _are_several(actions)
        if not several or len(actions) != self.num_envs:
            got = len(actions) if several else f"one {type(actions).__name__}"
            raise ConfigError(
                f"step takes {self.num_envs} actions, one for each of the sub-environments, in "
                f"their order; got {got}."
            )
        if self.autoreset_mode is AutoresetMode.DISABLED:
            for episode in self._episodes:
                episode.check_running()


def _scores(episodes: Sequence[Episode]) -> list[Score | RewardError]:
    """Have the steps just closed scored, in one call for all that share a reward."""
    scores: dict[int, Score | RewardError] = {}
    for reward in {id(episode.reward): episode.reward for episode in episodes}.values():
        own = [n for n, episode in enumerate(episodes) if episode.reward is reward]
        asked = ask_many(reward, [episodes[n].to_score for n in own])
        scores.update(zip(own, asked, strict=True))
    return [scores[n] for n in range(len(episodes))]


def _are_several(actions: Any) -> bool:
    if isinstance(actions, np.ndarray):
        return actions.ndim > 0
    return isinstance(actions, Sequence) and not isinstance(actions, str | bytes)
