"""The native vector environment in arrays: all episodes are one game, and a step is one move of it.

It follows Gymnasium's `VectorEnv` with every autoreset mode; what differs from the sync vector env
is only the speed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from ...core import Question
from ...errors import EpisodeError, HopgymError
from ..datasets.base import QuestionSet
from ..draws import rewound
from ..env import check_render_mode
from ..episode import Result
from ..infos import batch_infos
from ..settings import at_least
from ..vector_arguments import (
    autoreset_mode_of,
    check_indices,
    reset_mask,
    spread_options,
    spread_seeds,
)
from .actions import read_actions
from .case import Case
from .columns import batch_moves
from .env import make_stage
from .game import Game, Move
from .observations import Observed, action_space, make_observer, single_space
from .render import render_game

Flags = NDArray[np.bool_]
Stepped = tuple[Observed, NDArray[np.float64], Flags, Flags, dict[str, Any]]


class SubgraphVectorEnv(VectorEnv[Observed, Any, np.ndarray]):
    """Many episodes of `hopgym/KGSubgraph-v0` at once.

    Args:
        num_envs: How many.
        autoreset_mode: Gymnasium's `AutoresetMode` or its value.
        render_mode: `"ansi"` or None.
        **keywords: The single environment's.
    """

    def __init__(
        self,
        num_envs: int = 1,
        autoreset_mode: str | AutoresetMode = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
        **keywords: Any,
    ) -> None:
        at_least("num_envs", num_envs, 1)
        check_render_mode(render_mode, ["ansi"])
        self.num_envs, self.render_mode = num_envs, render_mode
        self.autoreset_mode = autoreset_mode_of(autoreset_mode)
        self.metadata = {"render_modes": ["ansi"], "autoreset_mode": self.autoreset_mode}
        self.stage = make_stage(keywords)
        self.single_observation_space = single_space(self.stage)
        self.single_action_space = action_space(self.stage)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.game = Game(self.stage, num_envs)
        self._observer = make_observer(self.game, num_envs)
        self._generators = [seeding.np_random(None)[0] for _ in range(num_envs)]
        self._begun = False

    @property
    def questions(self) -> list[Question]:
        """The questions being played, gold included: for oracles and trainers, not for agents."""
        return [case.question for case in self.game.cases if case is not None]

    @property
    def question_set(self) -> QuestionSet:
        """Where the questions come from."""
        return self.stage.question_set

    @property
    def split(self) -> str:
        """The split being played."""
        return self.stage.split

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Observed, dict[str, Any]]:
        """Begin an episode in every sub-environment, or in those of `options["reset_mask"]`.

        Args:
            seed: One seed for each sub-environment, or a number `n` for `n, n + 1, …`.
            options: `question_id` or `index`, one value for all or a list with one for each.
        """
        n = self.num_envs
        seeds, chosen = spread_seeds(seed, n), dict(options or {})
        mask = reset_mask(chosen.pop("reset_mask", None), n, begun=self._begun)
        each = spread_options(chosen, n)
        lanes = np.flatnonzero(mask).tolist()
        # Questions are made ready before any episode is replaced: a refused option changes nothing.
        with rewound([self._generators[lane] for lane in lanes]):
            drawn = {lane: self._draw(lane, seeds[lane], each[lane]) for lane in lanes}
        for lane in lanes:
            self._begin(lane, seeds[lane], *drawn[lane])
        self._begun = True
        infos = [self.game.public_info(lane) if mask[lane] else None for lane in range(n)]
        return self._observer.batch(), batch_infos(infos)

    def step(self, actions: Any) -> Stepped:
        """Take one action in every sub-environment.

        Raises:
            EpisodeError: If an episode is over and `autoreset_mode` is disabled.
            ConfigError: If an action is outside of the action space.
            RewardError: If the reader or the reward failed in one. No episode has moved, so that
                the same actions may be tried again.
        """
        self._check_begun()
        over = self.game.over.copy()
        if over.any() and self.autoreset_mode is AutoresetMode.DISABLED:
            raise EpisodeError(
                "An episode is over. Call reset() with its reset_mask before step()."
            )
        lanes = np.flatnonzero(~over)
        taken = read_actions(self.stage, actions, self.num_envs)
        waiting, ending = np.flatnonzero(over).tolist(), []
        if self.autoreset_mode is AutoresetMode.SAME_STEP:
            ending = lanes[self.game.ends(lanes, taken[lanes])].tolist()
        # What comes next is drawn first: a question that cannot be played moves nothing either.
        with rewound([self._generators[lane] for lane in (*waiting, *ending)]):
            fresh = {lane: self._draw(lane, None, {}) for lane in (*waiting, *ending)}
            moves = self.game.move(lanes, taken[lanes], whole=True)
        for lane in waiting:
            self._begin(lane, None, *fresh.pop(lane))
        played = dict(zip(lanes.tolist(), cast("list[Move]", moves), strict=True))
        return self._collect(played, fresh)

    def begin(
        self, index: int, seed: int | None, options: dict[str, Any]
    ) -> tuple[Observed, dict[str, Any]]:
        """Begin an episode in one sub-environment and leave the others as they are.

        Raises:
            EpisodeError: If `reset` was never called.
        """
        self._check_begun()
        with rewound([self._generators[index]]):
            drawn = self._draw(index, seed, options)
        self._begin(index, seed, *drawn)
        return self._observer.one(index), self.game.public_info(index)

    def step_some(
        self, indices: Sequence[int], actions: Sequence[Any]
    ) -> list[Result | HopgymError]:
        """Step only some sub-environments and return their results, without any autoreset.

        The rollout loop's way in: where the reader or the reward failed, its error stands in the
        place of the result and the episode where it stood.

        Raises:
            EpisodeError: If `reset` was never called, or one of these episodes is over.
            ConfigError: If these are not so many different sub-environments, with an action each.
        """
        self._check_begun()
        check_indices(indices, actions, self.num_envs)
        if not len(indices):
            return []
        lanes = np.asarray(indices, dtype=np.int64)
        if self.game.over[lanes].any():
            raise EpisodeError("An episode is over. Begin another one before it is stepped.")
        moves = self.game.move(lanes, read_actions(self.stage, actions, len(lanes)))
        return [
            move if isinstance(move, HopgymError) else self._result(lane, move)
            for lane, move in zip(lanes.tolist(), moves, strict=True)
        ]

    def action_masks(self) -> Flags:
        """Return which actions are allowed, `[num_envs, …]`, each as in the single environment."""
        self._check_begun()
        return self.game.action_masks()

    def call(self, name: str, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Call a method, or read an attribute, as in sync and async vector environments.

        Returns:
            One result for each sub-environment; the same where they share what there is to call.
        """
        if name == "action_masks":
            return tuple(self.action_masks())
        found = getattr(self, name)
        return (found(*args, **kwargs) if callable(found) else found,) * self.num_envs

    def set_progress(self, step: int | None) -> None:
        """Tell how far training is; from the next episodes on, scheduled rewards follow it.

        Raises:
            ConfigError: If it is no step.
        """
        self.stage.set_progress(step)

    def render(self) -> tuple[str, ...] | None:
        """Return every episode as text (`render_mode="ansi"`)."""
        if self.render_mode != "ansi":
            return None
        return tuple(render_game(self.game, lane) for lane in range(self.num_envs))

    def _draw(
        self, lane: int, seed: int | None, options: dict[str, Any]
    ) -> tuple[np.random.Generator, Case]:
        """Draw a question; should the options be refused, nothing has changed."""
        generator = self._generators[lane] if seed is None else seeding.np_random(seed)[0]
        return generator, self.stage.case(self.stage.place(generator, options))

    def _begin(
        self, lane: int, seed: int | None, generator: np.random.Generator, case: Case
    ) -> None:
        self._generators[lane] = generator
        self.game.begin(lane, case, seed)
        self._observer.load(lane, case)

    def _collect(
        self, moves: dict[int, Move], fresh: dict[int, tuple[np.random.Generator, Case]]
    ) -> Stepped:
        """Put the results together; where there is a fresh question, its episode begins at once."""
        rewards = np.zeros(self.num_envs, dtype=np.float64)
        terminated = np.zeros(self.num_envs, dtype=np.bool_)
        truncated = np.zeros(self.num_envs, dtype=np.bool_)
        ended: dict[int, tuple[Observed, dict[str, Any]]] = {}
        for lane, move in moves.items():
            rewards[lane], terminated[lane], truncated[lane] = move[:3]
            if lane in fresh:
                ended[lane] = self._observer.one(lane), self.game.step_info(lane, move)
        for lane, drawn in fresh.items():
            self._begin(lane, None, *drawn)
        infos = batch_moves(self.game, moves, ended)
        return self._observer.batch(), rewards, terminated, truncated, infos

    def _result(self, lane: int, move: Move) -> Result:
        return Result(
            self._observer.one(lane),  # type: ignore[arg-type]
            move.reward,
            move.terminated,
            move.truncated,
            self.game.step_info(lane, move),
        )

    def _check_begun(self) -> None:
        if not self._begun:
            raise EpisodeError("No episode has begun. Call reset() first.")
