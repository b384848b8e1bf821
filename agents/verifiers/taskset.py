"""A question set as verifiers' tasks: a task names its question, and holds no gold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import gymnasium
from pydantic import Field

from ...envs.registration import find_env
from ...envs.spaces import UnicodeText
from ...errors import ConfigError, require
from ..llm.prompts import grammar_in

if TYPE_CHECKING:
    import verifiers.v1 as vf
else:
    vf = require("verifiers.v1", "verifiers")


class HopgymTasksetConfig(vf.TasksetConfig):  # type: ignore[misc]
    """What is played, under `--env.taskset.*`."""

    env_id: str = "hopgym/SearchRead-v0"
    """An environment that is played in text, or `file.py:ID`."""
    questions: str = "world"
    split: str = "train"
    seed: int = 0
    """The episodes' seed, as their trajectories record it."""
    env_kwargs: dict[str, Any] = Field(default_factory=dict)
    """The environment's other keyword arguments."""

    def make_env(self) -> gymnasium.Env[Any, Any]:
        """Make the environment; the questions and the index are shared by all of one process.

        Raises:
            ConfigError: If it refuses a keyword, or is not played in text.
        """
        own = {"questions", "split"} & self.env_kwargs.keys()
        if own:
            raise ConfigError(f"env_kwargs has {', '.join(sorted(own))}: a field of its own.")
        keywords = {**self.env_kwargs, "questions": self.questions, "split": self.split}
        made: gymnasium.Env[Any, Any] = gymnasium.make(
            find_env(self.env_id), disable_env_checker=True, **keywords
        )
        if not isinstance(made.action_space, UnicodeText):
            raise ConfigError(
                f"{self.env_id} is not played in text: its actions are {made.action_space!r:.80}. A "
                "chat can play SearchRead, DagSearch, RAG, and KGSubgraph with observation=text."
            )
        return made


class HopgymData(vf.TaskData):  # type: ignore[misc]
    """Which question; the environment itself opens the conversation."""

    question_id: str
    question: str
    seed: int = 0


class HopgymTask(vf.Task[HopgymData]):  # type: ignore[misc]
    """One question. Its reward is the environment's, which `HopgymEnv` records."""

    @property
    def key(self) -> str:
        """The question's id and the seed, whatever else the set holds."""
        return f"{self.data.question_id}#{self.data.seed}"


class HopgymTaskset(vf.Taskset[HopgymTask, HopgymTasksetConfig]):  # type: ignore[misc]
    """The questions of one split, in their order."""

    def load(self) -> Iterator[HopgymTask]:
        """Yield a task for each question; the grammar's rules are the system prompt."""
        env = self.config.make_env()
        try:
            _, info = env.reset(seed=self.config.seed, options={"index": 0})
            grammar = grammar_in(info)
            questions = env.get_wrapper_attr("question_set").questions(self.config.split)
        finally:
            env.close()
        for question in questions:
            data = HopgymData(
                id=question.id,
                name=question.id,
                system_prompt=grammar.instructions if grammar else None,
                question_id=question.id,
                question=question.text,
                seed=self.config.seed,
            )
            yield HopgymTask(data, self.config.task)
