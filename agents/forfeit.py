"""The end of an episode whose policy has stopped: what an outer loop's limits leave unplayed."""

from __future__ import annotations

from typing import Any, cast

import gymnasium

from ..envs.env import HopEnv
from ..envs.text_episode import TextEpisode
from .rollout import Playing

_SILENCES = 1_000
"""After so many an episode that goes on has no end."""


def use_up(env: HopEnv) -> None:
    """Use up the turns and retries that are left, so that the next unreadable action is the last."""
    episode = env._episode
    if isinstance(episode, TextEpisode):
        episode.turn, episode.refused = episode.turns, episode.stage.retries


def forfeit(env: gymnasium.Env[Any, Any], playing: Playing) -> bool:
    """End a running episode by the policy's silence: one last action that cannot be read (`empty`).

    What was earned before stays, and the silence costs what the reward takes for such an action. Where
    turns cannot be used up at once, the policy is silent in each.

    Returns:
        Whether the episode has ended.
    """
    use_up(cast("HopEnv", env.unwrapped))
    return any(playing.add(env.step(""), 0.0) for _ in range(_SILENCES))
