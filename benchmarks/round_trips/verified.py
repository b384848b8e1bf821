"""Scripts played in verifiers: it asks a scripted model, and pays what it records."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from ...agents.dialogue import opening
from ...agents.verifiers.chat_server import chat_server
from ...agents.verifiers.loading import load_environment
from ...errors import EpisodeError, require
from .scripts import Game, Script

_AT_ONCE = 4


def play(game: Game, scripts: Sequence[Script]) -> list[float]:
    """Play scripts as episodes of verifiers; return the reward of each.

    Raises:
        EpisodeError: If an episode failed over there.
    """
    said = {_opened(script): script.actions for script in scripts}
    if len(said) < len(scripts):
        raise EpisodeError("Two scripts begin alike: the model could not tell them apart.")

    def say(request: Mapping[str, Any]) -> str:
        messages = request["messages"]
        asked = next(message["content"] for message in messages if message["role"] == "user")
        turn = sum(message["role"] == "assistant" for message in messages)
        return str(said[asked][turn])

    with chat_server(say) as url:
        return asyncio.run(_play(game, scripts, url))


async def _play(game: Game, scripts: Sequence[Script], url: str) -> list[float]:
    vf = require("verifiers.v1", "verifiers")
    env = load_environment(
        game.env_id,
        questions=str(game.questions),
        split=game.split,
        env_kwargs=game.kwargs,
    )
    client = vf.EvalClientConfig(base_url=url, api_key_var="HOPGYM_NO_KEY")
    context = vf.ModelContext(model="scripted", client=client)
    tasks = {task.data.question_id: task for task in env.taskset}
    gate = asyncio.Semaphore(_AT_ONCE)
    async with env.serving():
        slots = [env.slots(tasks[script.job.question_id])[0] for script in scripts]
        episodes = await asyncio.gather(*(env.run_slot(slot, context, gate) for slot in slots))
    return [_paid(episode) for episode in episodes]


def _paid(episode: Any) -> float:
    if not episode.ok:
        errors = [*episode.errors, *(error for trace in episode.traces for error in trace.errors)]
        raise EpisodeError(f"An episode failed in verifiers: {errors[:1]}")
    return float(episode.traces[0].reward)


def _opened(script: Script) -> str:
    """Return what the model is shown first."""
    return opening(script.opening, {}, system=False)[0]["content"]
