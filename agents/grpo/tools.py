"""hopgym's environments as typed, documented tools for TRL's `environment_factory`.

`tool_environment` makes what `GRPOTrainer` takes there, and `tool_rows` the data set beside it. The
model speaks its own chat template's tool calls; the environment's grammar, parser, budget, reward
and trajectory hold all the same. For the environment's own text protocol see `bridge`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import gymnasium

from ...envs import dag_search, search_read
from ...envs.datasets import QuestionSet, make_questions
from ...envs.datasets.base import check_split
from ...envs.grammars.base import MAX_QUESTION_CHARS
from ...errors import ConfigError, EpisodeError
from ..rollout import Episode
from .tool_calls import DagSearchTools, SearchReadTools, documented
from .tool_episode import ToolEpisode
from .tool_text import for_chat

TOOLS: Mapping[str, type[ToolEpisode]] = {
    search_read.ENV_ID: SearchReadTools,
    dag_search.ENV_ID: DagSearchTools,
}
"""Which environment is played by which tools."""

SYSTEM = (
    "Answer the question with the tools you have. Look up what you need with the tool `search`. "
    "Then call the tool `answer` once, with the answer alone: only what you give it counts."
)
"""The system's message of the rows."""


def tool_environment(
    env_id: str,
    env_kwargs: Mapping[str, Any] | None = None,
    *,
    questions: str | QuestionSet = "world",
    split: str = "train",
    seed: int = 0,
    progress: Callable[[], int] | None = None,
) -> Callable[[], ToolEpisode]:
    """Return the factory that `GRPOTrainer(environment_factory=…)` takes.

    What it makes has the tools `search` and `answer`, and `reset` and `get_reward` for TRL. The
    retriever and the questions are shared, so that one object for each rollout costs little.

    Args:
        env_id: `hopgym/SearchRead-v0` or `hopgym/DagSearch-v0`.
        env_kwargs: The environment's other keyword arguments, such as `reward` or `top_k`.
        questions: The questions, as all environments take them.
        split: Which of them are played where a row does not say; `tool_rows` does.
        seed: The episodes' seed, as their trajectories record it.
        progress: Returns the trainer's global step; each episode then begins with the reward of
            that step (`set_progress`). The trainer may be made later:
            `progress=lambda: trainer.state.global_step`.

    Raises:
        ConfigError: If there are no tools for this environment, or an argument cannot be.

    >>> episode = tool_environment("hopgym/SearchRead-v0", questions="world?entities=300&train=12")()
    >>> row = tool_rows("world?entities=300&train=12")[0]
    >>> episode.reset(**row)
    >>> episode.answer("nobody"), episode.search("too late"), episode.get_reward()
    ('The episode is over.', 'The episode is over.', 0.0)
    """
    given = dict(env_kwargs or {})
    doubled = {"questions", "split"} & given.keys()
    if doubled:
        raise ConfigError(
            f"env_kwargs has {', '.join(sorted(doubled))}: give that to tool_environment itself."
        )
    tools = _tools_of(env_id)

    def make_env(split: str) -> gymnasium.Env[Any, Any]:
        return gymnasium.make(env_id, questions=questions, split=split, **given)

    # One is made now, so that mistakes show before a model is loaded.
    kind = documented(tools(make_env, split))
    return lambda: kind(make_env, split, seed, progress)


def tool_rows(
    questions: str | QuestionSet = "world", split: str = "train", *, system: str | None = SYSTEM
) -> list[dict[str, Any]]:
    """Return one row for each question, for `datasets.Dataset.from_list`.

    Args:
        questions: The questions, as all environments take them.
        split: Which of them.
        system: The system's message; None for none.

    Returns:
        Rows `{"prompt": [{"role", "content"}, …], "question_id", "split"}`. No gold is in them.

    Raises:
        ConfigError: If there is no such split.
    """
    question_set = make_questions(questions)
    check_split(split, question_set.splits, question_set.name)
    before = [] if system is None else [{"role": "system", "content": system}]
    return [
        {
            "prompt": [
                *before,
                {"role": "user", "content": for_chat(question.text[:MAX_QUESTION_CHARS])},
            ],
            "question_id": question.id,
            "split": split,
        }
        for question in question_set.questions(split)
    ]


def episode_of(environment: ToolEpisode) -> Episode:
    """Return the finished episode of an environment: trajectory, reward by term, metrics, error.

    For reward functions with `environments`, and for logs. An episode that still runs is ended as
    `get_reward` says.

    Raises:
        EpisodeError: If it has none.
    """
    environment.get_reward()
    if environment._finished is None:
        raise EpisodeError(f"{environment!r} has no finished episode.")
    return environment._finished


def _tools_of(env_id: str) -> type[ToolEpisode]:
    """Return the tools of an environment, by its id."""
    if env_id in TOOLS:
        return TOOLS[env_id]
    raise ConfigError(
        f"There are no tools for {env_id!r}; there are for: {', '.join(TOOLS)}. Any environment that "
        "is played in text can be trained in its own grammar instead (hopgym.agents.grpo.bridge)."
    )
