"""What all sub-environments of one environment share: the questions, the retriever, the reward.

A stage resolves the names in the settings once, and picks the question of an episode. It holds
nothing that changes while episodes are played; a trainer may move the reward's schedule between
them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ..core import Document, Question
from ..errors import ConfigError, HopgymError, RetrievalError, UnknownNameError, told
from ..retrieval import make_retriever
from ..retrieval.base import Retriever, check_hits
from ..rewards import make_reward
from ..rewards.base import Reward, at_step
from .datasets import make_questions
from .settings import Settings

Row = list[tuple[Document, float]]
"""The hits of one query, best first."""

_OPTIONS = ("question_id", "index")


class Stage:
    """The resolved parts of an environment.

    Raises:
        ConfigError: If the split is unknown or empty.
    """

    def __init__(self, settings: Settings, env_id: str) -> None:
        self.env_id = env_id
        self.question_set = make_questions(settings.questions)
        self.split = settings.split
        self.questions = self.question_set.questions(settings.split)
        if not len(self.questions):
            raise ConfigError(
                f"Split {settings.split!r} of {self.question_set.name} has no questions; "
                f"its splits: {', '.join(self.question_set.splits)}."
            )
        self.retriever = self.make_retriever(settings)
        self.reward = self.make_reward(settings)
        self.training_step: int | None = None
        self.top_k = settings.top_k

    def make_retriever(self, settings: Settings) -> Retriever:
        """Return what finds the documents."""
        return make_retriever(settings.retriever, self.question_set.documents)

    def make_reward(self, settings: Settings) -> Reward:
        """Return what scores the steps."""
        return make_reward(settings.reward)

    def set_progress(self, step: int | None) -> None:
        """Move the reward to a training step."""
        self.reward = at_step(self.reward, step)
        self.training_step = step

    @cached_property
    def positions(self) -> dict[str, int]:
        """The index of each question id, built when first asked for."""
        ids = getattr(self.questions, "ids", None)  # lazy questions: none need be completed for it
        ids = (question.id for question in self.questions) if ids is None else ids
        return {id: index for index, id in enumerate(ids)}

    def search(self, queries: Sequence[str]) -> list[Row]:
        """Ask the retriever, and take only what a retriever may say.

        Raises:
            RetrievalError: If it failed in any way, or did not answer every query.
        """
        try:
            hits = self.retriever.search(queries, self.top_k)
        except HopgymError:
            raise
        except Exception as error:
            raise RetrievalError(
                f"The retriever {self.retriever!r:.100} failed with {told(error)}."
            ) from error
        check_hits(hits, queries, self.top_k, type(self.retriever).__name__)
        return hits.rows

    def search_each(self, queries: Sequence[Any]) -> list[Row | RetrievalError]:
        """Answer all queries in one call; when that fails, each alone, so that one spoils no other.

        Returns:
            For each query its hits, or why there are none to be had.
        """
        try:
            return list(self.search(queries))
        except RetrievalError as error:
            if len(queries) == 1:
                return [error]
        return [answer for query in queries for answer in self.search_each([query])]

    def pick(self, rng: np.random.Generator, options: Mapping[str, Any] | None) -> Question:
        """Return the question that the options name, or else draw one.

        Raises:
            ConfigError: If an option is unknown, or the index is out of range.
            UnknownNameError: If there is no question of that id.
        """
        chosen = check_options(options) if options else {}
        if "question_id" in chosen:
            return self.by_id(chosen["question_id"])
        if "index" in chosen:
            return self.questions[self.checked_index(chosen["index"])]
        # Not rng.integers: for a single number it takes five times as long.
        return self.questions[int(rng.random() * len(self.questions))]

    def by_id(self, question_id: str) -> Question:
        """Return the question of an id."""
        return self.questions[self.place_of(question_id)]

    def place_of(self, question_id: str) -> int:
        """Return the place of the question of an id.

        Raises:
            UnknownNameError: If there is none.
        """
        if not isinstance(question_id, str):
            number = isinstance(question_id, int | np.integer)
            hint = f": write '{question_id}', or options={{'index': …}} for a place" * number
            raise UnknownNameError(
                f"No question has the id {question_id!r:.60}. Ids are texts, also where a file has "
                f"numbers{hint}."
            )
        position = self.positions.get(question_id)
        if position is None:
            first = ", ".join(map(repr, list(self.positions)[:3]))
            raise UnknownNameError(
                f"No question has the id {question_id!r}. Split {self.split!r} of "
                f"{self.question_set.name} has {len(self.questions)} questions; the first: {first}."
            )
        return position

    def checked_index(self, index: int) -> int:
        """Return a place that was given by number.

        Raises:
            ConfigError: If it is out of range.
        """
        if not isinstance(index, int | np.integer) or not 0 <= index < len(self.questions):
            raise ConfigError(
                f"options['index'] is {index!r}; it must be from 0 to {len(self.questions) - 1}."
            )
        return int(index)


def check_options(options: Mapping[str, Any] | None) -> dict[str, Any]:
    """Refuse reset options that do not exist, and two that contradict each other."""
    given = {key: value for key, value in (options or {}).items() if value is not None}
    unknown = [key for key in given if key not in _OPTIONS]
    if unknown:
        raise ConfigError(f"reset has no option {unknown[0]!r}; it takes: {', '.join(_OPTIONS)}.")
    if len(given) > 1:
        raise ConfigError("Give reset either options['question_id'] or options['index'], not both.")
    return given
