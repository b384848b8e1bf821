"""What a scripted agent sees of an episode, and how it writes its next action.

A view of one observation and its info, in whatever grammar the environment speaks; it remembers
nothing, so that an agent built on it may be asked about any episode at any time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar, cast

from ..envs.grammars import grammar_of
from ..envs.grammars.dag import DagGrammar
from ..envs.grammars.text import is_degenerate
from ..envs.plans import Edge, Node
from ..errors import AgentError
from .base import Info
from .games import DOCUMENTS
from .planning import compress


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
        self.grammar = grammar_of(info)

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

    @property
    def may_answer(self) -> bool:
        """Whether this turn may answer."""
        return self.info.get("phase") != "plan"

    @property
    def may_search(self) -> bool:
        """Whether this turn may search, and leave one for the answer."""
        return self.info.get("phase") != "answer" and self.turns_left > 1

    @property
    def tools(self) -> tuple[str, ...]:
        """The sources that a plan may name, the default one first; none where there are no plans."""
        return tuple(self.info.get("tools", ()))

    @property
    def max_nodes(self) -> int:
        """The most searches of a plan."""
        return int(self.info.get("max_nodes", 1))

    @cached_property
    def documents(self) -> list[tuple[str, str]]:
        """`(title, text)` of each document shown so far."""
        return self.grammar.read_documents(self.observation)

    @cached_property
    def found(self) -> dict[str, list[tuple[str, str]]]:
        """`(title, text)` of what each search of the latest plan found, by label.

        Other than `documents` it also has what was shown before. Empty where there are no plans.
        """
        read = getattr(self.grammar, "read_nodes", None)
        return {} if read is None else read(self.observation)

    @cached_property
    def queries(self) -> list[str]:
        """The queries asked so far."""
        return self.grammar.read_queries(self.observation)

    def fit(self, query: str) -> str:
        """Return a query as it can be asked: not longer than allowed, and "unknown" if empty."""
        limit = self.info.get("max_query_words")
        return _sound(query if limit is None else compress(query, int(limit)))

    def ask(self, analysis: str, query: str) -> str:
        """Write an action that searches, as a plan of one node where plans are asked for."""
        return self.grammar.write_query(int(self.info["turn"]), analysis, self.fit(query))

    def plan(self, analysis: str, nodes: Sequence[Node], edges: Sequence[Edge] = ()) -> str:
        """Write an action that plans searches, each query cut to the length allowed.

        Raises:
            AgentError: If this is not played by plans.
        """
        if not hasattr(self.grammar, "write_plan"):
            raise AgentError(
                f"This agent plans searches, and the grammar {self.grammar.name!r} has no plans. "
                "Let it play hopgym/DagSearch-v0."
            )
        fitting = [node._replace(query=self.fit(node.query)) for node in nodes]
        return cast("DagGrammar", self.grammar).write_plan(analysis, fitting, edges)

    def answer(self, analysis: str, answer: str) -> str:
        """Write the action that answers; what cannot stand as an answer becomes "unknown"."""
        return self.grammar.write_answer(int(self.info["turn"]), analysis, _sound(answer))


class TextAgent(ABC):
    """An agent that plays each episode by itself; a subclass has `name` and `play`."""

    name: ClassVar[str]
    plays: ClassVar[str] = DOCUMENTS

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
