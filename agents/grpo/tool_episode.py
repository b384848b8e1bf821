"""One episode of a real environment behind tools: what TRL's `environment_factory` resets and asks.

TRL makes a tool of every public method, feeds whatever a tool returns or raises to the model, knows
no end of an episode, and takes one number when the model has stopped. Here an episode keeps its own
rules all the same. It knows neither which tools there are (`tool_calls`) nor the trainer.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, cast

import gymnasium

from ...envs.env import HopEnv
from ...errors import ConfigError, EpisodeError, RetrievalError, RewardError
from ..forfeit import use_up
from ..rollout import Episode, Job, Playing
from .tool_text import for_chat

OVER = "The episode is over."
"""What every tool says from an episode's end on."""

UNAVAILABLE = "The tools are not available now."
"""What every tool says once one has failed for no fault of the model's."""

_log = logging.getLogger(__name__)


class ToolEpisode:
    """An episode behind tools; a subclass adds the tools, as its only further public methods.

    Args:
        make_env: Makes the environment of a split, SearchRead or DagSearch, for this object alone.
        split: What is played where a row does not say.
        seed: The episodes' seed, as their trajectories record it.
        progress: Returns the trainer's global step, for rewards that follow a schedule.
    """

    def __init__(
        self,
        make_env: Callable[[str], gymnasium.Env[Any, Any]],
        split: str = "train",
        seed: int = 0,
        progress: Callable[[], int] | None = None,
    ) -> None:
        self._make_env, self._split = make_env, split
        self._envs = {split: make_env(split)}
        self._env = self._envs[split]
        self._seed, self._progress = seed, progress
        self._playing: Playing | None = None
        self._finished: Episode | None = None
        self._fault: Exception | None = None

    def reset(
        self,
        question_id: str | None = None,
        split: str | None = None,
        prompt: Any = None,
        **columns: Any,
    ) -> str | None:
        """Begin the episode of a row.

        Args:
            question_id: The row's question.
            split: Its split, so that TRL can evaluate on another one than it trains on.
            prompt: The row's prompt.
            columns: What else the row has; it is not looked at.

        Returns:
            The question, for TRL to append to the last message, where that does not say it already;
            else None.

        Raises:
            ConfigError: If the row names no question, or no split that there is.
            UnknownNameError: If there is no question of that id.
        """
        if question_id is None:
            raise ConfigError(
                "A row has no question_id, and all rollouts of a group must play one question. "
                "Train on the rows of hopgym.agents.grpo.tools.tool_rows, or add that column."
            )
        self._playing = self._finished = self._fault = None
        split = self._split if split is None else split
        if split not in self._envs:
            self._envs[split] = self._make_env(split)
        self._env = self._envs[split]
        if self._progress is not None:
            self._hop.set_progress(self._progress())
        options = {"question_id": question_id}
        observation, info = self._env.reset(seed=self._seed, options=options)
        self._playing = Playing(Job(question_id, self._seed), observation, info)
        question = for_chat(info["question"])
        return None if question in _last_message(prompt) else f"\n\n{question}"

    def get_reward(self) -> float | None:
        """Return what the environment pays for the episode: the sum over its steps.

        An episode that still runs, because the policy stopped calling tools or its tokens or calls
        were used up, ends now. The policy forfeits the turns and retries that are left, and its
        silence is one last action that cannot be read (`empty`): it costs what the environment's
        reward takes for one (1 in `r3_paper`, nothing in `f1`). What was earned before stays.

        Returns:
            The reward. None if a failure of infrastructure hit the episode: TRL then leaves it out
            of its group, without an advantage.

        Raises:
            EpisodeError: If no episode has begun.
            Exception: What a tool raised that is no such failure; TRL would have swallowed it.
        """
        if self._playing is None:
            raise EpisodeError("No episode has begun. Call reset() first.")
        if self._finished is None and self._fault is None:
            self._forfeit()
        if self._fault is not None:
            raise self._fault
        finished = cast("Episode", self._finished)
        return None if finished.error else finished.reward

    def _act(self, write: Callable[[], str]) -> str:
        """Take the action that `write` returns; return what the environment says to it."""
        if self._playing is None:
            raise EpisodeError("No episode has begun. Call reset() first.")
        if self._finished is None and self._fault is None:
            self._step(self._playing, write)
            if not self._failed:
                said = for_chat(self._playing.info["new_text"])
                return "\n".join(filter(None, [said, OVER if self._finished else ""]))
        return UNAVAILABLE if self._failed else OVER

    @property
    def _hop(self) -> HopEnv:
        return cast("HopEnv", self._env.unwrapped)

    @property
    def _failed(self) -> bool:
        return self._fault is not None or bool(self._finished and self._finished.error)

    def _step(self, playing: Playing, write: Callable[[], str]) -> None:
        """Step the environment, and keep every error from the model."""
        started = time.perf_counter()
        try:
            over = playing.add(self._env.step(write()), time.perf_counter() - started)
        except (RetrievalError, RewardError) as error:
            self._finish(playing, f"{type(error).__name__}: {error}")
        except Exception as error:  # a mistake in a part of the user's, or in ours: see get_reward
            self._fault = error
        else:
            if over:
                self._finish(playing)

    def _finish(self, playing: Playing, error: str | None = None) -> None:
        self._finished = playing.episode(error)
        if self._finished.error:
            _log.warning(
                "An episode of question %r is left unscored: %s",
                playing.job.question_id,
                self._finished.error,
            )

    def _forfeit(self) -> None:
        """End a running episode by the policy's silence, whatever the turn would have forgiven."""
        playing = cast("Playing", self._playing)
        use_up(self._hop)
        self._step(playing, str)
        if self._finished is None and self._fault is None:
            self._finish(playing, "EpisodeError: the environment could not be made to end")

    def __repr__(self) -> str:
        """Name the environment and the question, and no gold."""
        asked = f" {self._playing.job.question_id!r}" if self._playing else ""
        return f"<{type(self).__name__} of {self._hop.env_id}{asked}>"


def _last_message(prompt: Any) -> str:
    """Return what the prompt's last message says; nothing where that cannot be told."""
    if isinstance(prompt, str) or not prompt:
        return prompt or ""
    content = prompt[-1].get("content", "")
    if isinstance(content, str):
        return content
    return "\n".join([str(part.get("text", "")) for part in content])
