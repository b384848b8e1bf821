"""Episodes in tokens, for trainers: the rollout loop, with a model that continues its own row.

Each turn's prompt is the row so far: the first observation, then what was sampled and what the
environment replied, in turn. Nothing is encoded twice. A refused action stays in the row as it was
sampled, followed by the environment's note, while the transcript shows it neutralised or not at
all. Where the model has already written the beginning of the reply (the stop string of `r3` is the
first line of the documents), the reply goes on behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ...core import Step
from ...envs.settings import at_least
from ...errors import AgentError, ConfigError
from ...seeding import rng_for
from ..lanes import Job, open_lanes
from ..rollout import Episode, Playing, play_jobs
from .generator import Generator, forget
from .prompts import PromptEncoder, Prompts, stop_of
from .tokens import TokenEpisode


class TokenRollout(NamedTuple):
    """One episode that was played, with its tokens."""

    episode: Episode
    tokens: TokenEpisode | None
    """None where infrastructure kept the episode from being played."""


def token_rollout(
    env_id: str,
    generator: Generator,
    jobs: Iterable[Job],
    *,
    prompts: Prompts | None = None,
    env_kwargs: Mapping[str, Any] | None = None,
    num_envs: int = 8,
    seed: int = 0,
    training_step: int | None = None,
) -> Iterator[TokenRollout]:
    """Let a model play every job, and yield the episodes with their tokens as they end.

    Args:
        env_id: A registered environment that is played in text.
        generator: The model. What it samples follows `seed`, the job and the step.
        jobs: The questions, by id, with the seeds of their episodes: another seed is another
            sample of the same question.
        prompts: How the model is asked.
        env_kwargs: The environment's keyword arguments.
        num_envs: Episodes side by side. It changes the speed and nothing else.
        seed: Of all that is sampled.
        training_step: How far training is, for rewards that follow a schedule; None where nobody
            trains.

    Raises:
        ConfigError: If an episode is no single row in that style of prompt.
        AgentError: If the environment does not tell what it replied.
    """
    at_least("num_envs", num_envs, 1)
    encoder = PromptEncoder(generator.tokenizer, prompts)
    if encoder.prompts.style == "chat_whole":
        raise ConfigError(
            "prompt=chat_whole sends every turn a new message, so an episode is no single row of "
            "tokens. Train with plain or chat; chat_whole is for playing."
        )
    forget(generator)
    _, lanes = open_lanes(env_id, env_kwargs or {}, num_envs, training_step=training_step)
    player = _TokenPlayer(generator, encoder, seed)
    try:
        # A job of its own for each episode: its identity is what the two records share.
        for episode in play_jobs(lanes, player.act, (Job(*job) for job in jobs), num_envs):
            yield TokenRollout(episode, player.finished(episode))
    finally:
        lanes.close()


class _TokenPlayer:
    """Plays lanes with a model, and keeps the row of each."""

    def __init__(self, generator: Generator, encoder: PromptEncoder, seed: int) -> None:
        self._generator = generator
        self._encoder = encoder
        self._seed = seed
        self._rows: dict[int, TokenEpisode] = {}

    def act(self, states: Sequence[Playing]) -> list[Any]:
        """Continue the row of each episode by a turn."""
        rows = [self._continued(state) for state in states]
        rngs = [
            rng_for(self._seed, "llm", state.job.question_id, state.job.seed, len(row.turns))
            for state, row in zip(states, rows, strict=True)
        ]
        stop = stop_of(states[0].info)
        written = self._generator.generate([row.ids for row in rows], rngs, stop)
        for row, generation in zip(rows, written, strict=True):
            row.add_turn(generation)
        begun = [self._encoder.begun(s.observation, s.info) for s in states]
        return [start + each.text for start, each in zip(begun, written, strict=True)]

    def finished(self, episode: Episode) -> TokenEpisode | None:
        """Return the row of an episode that has ended, with its rewards; forget it."""
        row = self._rows.pop(id(episode.job), None)
        if row is None or episode.error is not None:
            return None
        steps = _steps_of(episode)
        row.add_env(self._encoder.reply(_unsaid(steps[-1].observation, row)))
        row.reward(steps)
        return row

    def _continued(self, state: Playing) -> TokenEpisode:
        """Return the row of an episode, up to where its next action begins."""
        row = self._rows.get(id(state.job))
        if row is None:
            row = self._rows[id(state.job)] = TokenEpisode()
            row.add_env(self._encoder.prompt(state.observation, state.info))
        else:
            reply = _unsaid(_reply_of(state.info), row)
            row.add_env(self._encoder.reply(reply, state.info))
        return row


def _unsaid(reply: str, row: TokenEpisode) -> str:
    """Return a reply without the beginning that the agent has written already."""
    return reply.removeprefix(row.turns[-1].tail)


def _reply_of(info: Mapping[str, Any]) -> str:
    if "new_text" not in info:
        raise AgentError(
            "Episodes in tokens need the environment's reply to each action, which is "
            f"info['new_text']; this info has {', '.join(info) or 'nothing'}."
        )
    return str(info["new_text"])


def _steps_of(episode: Episode) -> Sequence[Step]:
    if episode.trajectory is None:
        raise AgentError(
            "Episodes in tokens need info['trajectory'] at the end of an episode, whose steps "
            "tell each turn's reward; this environment gives none."
        )
    return episode.trajectory.steps
