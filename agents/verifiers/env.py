"""Episodes in verifiers: each reply of the model is an action, the return is the reward.

The environment plays the user, as in verifiers' own games: it opens the conversation, and shows what each
action brought. What a retriever or judge fails to deliver fails the episode, and is no reward.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import gymnasium

from ...core import to_json
from ...errors import EnvError, require
from ..dialogue import opening, reply
from ..forfeit import forfeit
from ..rollout import Episode, Job, Playing
from .taskset import HopgymTask

if TYPE_CHECKING:
    import verifiers.v1 as vf
else:
    vf = require("verifiers.v1", "verifiers")

REWARD = "hopgym"
"""What the reward is called in a trace."""


class HopgymEnvConfig(vf.EnvConfig):  # type: ignore[misc]
    """One seat; it runs in this process, where it executes nothing."""

    agent: vf.AgentConfig = vf.AgentConfig(runtime=vf.SubprocessConfig())


class HopgymEnv(vf.Env[HopgymEnvConfig]):  # type: ignore[misc]
    """Plays a taskset's questions in their environment."""

    async def run(self, task: HopgymTask, agents: vf.Agents) -> None:
        """Play one episode, and record its return, terms and metrics on the trace.

        A model that stops before the end, by a limit of verifiers', forfeits the turns that are left:
        its silence is one last action that cannot be read. One whose call failed is left unscored.

        Raises:
            RetrievalError: If the retriever failed.
            RewardError: If the reward could not score a step.
        """
        env = await asyncio.to_thread(self.config.taskset.make_env)
        try:
            options = {"question_id": task.data.question_id}
            seed = task.data.seed
            begun = await asyncio.to_thread(env.reset, seed=seed, options=options)
            playing = Playing(Job(task.data.question_id, seed), *begun)
            async with agents.agent.interaction(task) as interaction:
                over = await _converse(env, playing, interaction)
            if not over and interaction.trace.errors:
                return
            if not over:
                await asyncio.to_thread(forfeit, env, playing)
        finally:
            env.close()
        _record(interaction.trace, playing.episode())


async def _converse(
    env: gymnasium.Env[Any, Any], playing: Playing, interaction: vf.Interaction
) -> bool:
    """Let the model act until the episode, or the model, stops; return whether it was the episode."""
    (message,) = opening(playing.observation, playing.info, system=False)
    while True:
        segment = await interaction.turn([message])
        if segment.terminated:
            return False
        result = await asyncio.to_thread(env.step, _said(segment))
        if playing.add(result, 0.0):
            return True
        message = reply(playing.info["new_text"])


def _said(segment: vf.Segment) -> str:
    """Return the model's message as it is; `last_reply` would strip it."""
    return str(segment.messages[-1].content or "")


def _record(trace: vf.Trace, episode: Episode) -> None:
    if episode.error is not None:
        raise EnvError(f"The episode of {episode.job.question_id!r} has no score: {episode.error}")
    trace.record_reward(REWARD, episode.reward)
    trace.record_metrics(episode.metrics)
    trace.record_metrics({f"reward/{name}": value for name, value in episode.reward_terms.items()})
    if episode.trajectory is not None:
        trace.info["trajectory"] = json.loads(to_json(episode.trajectory))
