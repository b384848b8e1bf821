"""Episodes as scripts: what was done in the environment itself, and what it paid.

An agent plays, and now and then says something that cannot be read, so that refusals, retries and
forfeits come back through the adapters as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import gymnasium

from ...agents import make_agent
from ...agents.rollout import Episode, Job, Playing
from ...envs.datasets import make_questions
from ...envs.datasets.base import QuestionSet
from ...envs.spaces import UnicodeText
from ...errors import EpisodeError
from ...seeding import rng_for

QUESTIONS = "world?entities=600&hops=1-3&train=20&dev=20&test=100"
SPLIT = "test"

UNREADABLE = "I do not know what to do."
_SHARE = 0.1
"""How many of the actions in text cannot be read."""


@dataclass(frozen=True)
class Game:
    """What is played: an environment with its keywords, and who plays it."""

    name: str
    env_id: str
    agent: str
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    questions: str | QuestionSet = QUESTIONS
    split: str = SPLIT

    @property
    def keywords(self) -> dict[str, Any]:
        """Every keyword argument."""
        return {**self.kwargs, "questions": self.questions, "split": self.split}

    def make(self) -> gymnasium.Env[Any, Any]:
        """Make the environment."""
        made: gymnasium.Env[Any, Any] = gymnasium.make(
            self.env_id, disable_env_checker=True, **self.keywords
        )
        return made


class Script(NamedTuple):
    """One episode: its actions, and what the environment itself paid for them."""

    job: Job
    opening: Any
    """The first observation."""
    actions: tuple[Any, ...]
    reward: float


GAMES = (
    Game("SearchRead", "hopgym/SearchRead-v0", "iterative"),
    Game("DagSearch", "hopgym/DagSearch-v0", "planner"),
    Game("RAG", "hopgym/RAG-v0", "iterative", {"hops": 2, "generator": "agent", "top_k": 2}),
    Game(
        "KGSubgraph, text",
        "hopgym/KGSubgraph-v0",
        "cosine",
        {"observation": "text", "mode": "sequential", "top_k": 16},
    ),
    Game(
        "KGSubgraph, arrays",
        "hopgym/KGSubgraph-v0",
        "cosine",
        {"observation": "padded", "mode": "sequential", "top_k": 16},
    ),
)


def write_scripts(game: Game, episodes: int) -> list[Script]:
    """Let the game's agent play the first questions, round and round, and note what it did."""
    questions = make_questions(game.questions).questions(game.split)
    env, agent = game.make(), make_agent(game.agent)
    agent.reset(0)
    bind = getattr(agent, "bind", None)
    if bind is not None:
        bind(env)
    jobs = [Job(questions[n % len(questions)].id, n // len(questions)) for n in range(episodes)]
    return [_write(env, agent, job) for job in jobs]


def play_script(env: gymnasium.Env[Any, Any], job: Job, actions: Sequence[Any]) -> Episode:
    """Play actions in an environment, whoever serves it.

    Raises:
        EpisodeError: If the episode ends earlier or later than the actions.
    """
    playing = begin(env, job)
    for place, action in enumerate(actions, 1):
        if playing.add(env.step(action), 0.0) != (place == len(actions)):
            raise EpisodeError(f"The episode of {job} does not end after {len(actions)} actions.")
    return playing.episode()


def begin(env: gymnasium.Env[Any, Any], job: Job) -> Playing:
    """Begin a job's episode."""
    options = {"question_id": job.question_id}
    return Playing(job, *env.reset(seed=job.seed, options=options))


def _write(env: gymnasium.Env[Any, Any], agent: Any, job: Job) -> Script:
    playing = begin(env, job)
    first, actions, over = playing.observation, [], False
    draws = rng_for(job.seed, "round_trips", job.question_id)
    in_text = isinstance(env.action_space, UnicodeText)
    while not over:
        (action,) = agent.act([playing.observation], [playing.info])
        if in_text and draws.random() < _SHARE:
            action = UNREADABLE
        actions.append(action)
        over = playing.add(env.step(action), 0.0)
    return Script(job, first, tuple(actions), playing.reward)
