"""What a scripted agent sees of an episode, and how it writes its next action.

A view of one observation and its info, in whatever grammar the environment speaks; it remembers
nothing, so that an agent built on it may be asked about any episode at any time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

from ..envs.grammars import make_grammar
from ..envs.grammars.text import is_degenerate
from ..errors import AgentError
from .base import Info


class Transcript:
    """One episode so far.

    >>> view = Transcript("The question: Who?", {"question": "Who?", "turn": 1, "grammar": "r3"})
    >>> view.question, view.documents, view.queries
    ('Who?', [], [])
    >>> print(view.ask("I look.", "who"))
    Step 1:
    The problem analysis: I look.
    The retrieval query: who
    """

    def __init__(self, observation: Any, info: Info) -> None:
        if "grammar" not in info:
            raise AgentError(
                "This agent plays environments that search and read in text; the info names no "
                f"grammar. Its keys: {', '.join(info) or 'none'}."
            )
        self.observation = str(observation)
        self.info = info
        self.grammar = make_grammar(info["grammar"])

    @property
    def question(self) -> str:
        """The question."""
        return str(self.info["question"])

    @property
    def question_id(self) -> str:
        """The question's id."""
        return str(self.info["question_id"])

    @property
    def turns_left(self) -> int:
        """How many turns are left, this one included."""
        return int(self.info["remaining"])

    @cached_property
    def documents(self) -> list[tuple[str, str]]:
        """`(title, text)` of each document shown so far."""
        return self.grammar.read_documents(self.observation)

    @cached_property
    def queries(self) -> list[str]:
        """The queries asked so far."""
        return self.grammar.read_queries(self.observation)

    def ask(self, analysis: str, query: str) -> str:
        """Write an action that searches; what cannot stand as a query becomes "unknown"."""
        return self.grammar.write_query(int(self.info["turn"]), analysis, _sound(query))

    def answer(self, analysis: str, answer: str) -> str:
        """Write the action that answers; what cannot stand as an answer becomes "unknown"."""
        return self.grammar.write_answer(int(self.info["turn"]), analysis, _sound(answer))


class TextAgent(ABC):
    """An agent that plays each episode by itself; a subclass has `name` and `play`."""

    name: ClassVar[str]

    def reset(self, seed: int | None = None) -> None:
        """Nothing to forget, unless a subclass says so."""
        self.seed = seed or 0

    def act(self, observations: Sequence[Any], infos: Sequence[Info]) -> list[Any]:
        """Play one turn of each episode."""
        return [
            self.play(Transcript(observation, info))
            for observation, info in zip(observations, infos, strict=True)
        ]

    @abstractmethod
    def play(self, view: Transcript) -> str:
        """Return the next action of one episode."""


def _sound(text: str) -> str:
    return "unknown" if is_degenerate(text) else text
