"""The nouns of hopgym: what a question, a document, a step and an episode are.

Frozen records and nothing else. This module knows no environment, retriever, reward or agent and
imports nothing of ours; every other module speaks in these terms. Each record reads and writes
JSON losslessly through [`to_json`][hopgym.core.to_json] and [`from_json`][hopgym.core.from_json].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeVar

import msgspec

T = TypeVar("T")

Outcome = Literal["running", "answered", "malformed", "out_of_steps"]
"""How an episode stands: still running, ended by an answer, by unreadable actions, or by its budget."""

Author = Literal["agent", "env"]
"""Who wrote a piece of the transcript."""


@dataclass(frozen=True, slots=True)
class Document:
    """One passage that a retriever can return."""

    id: str
    title: str
    text: str
    source: str = "General"
    """The collection it belongs to, such as General, News or Academy."""
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hop:
    """One gold sub-question. The hops of a question form its gold DAG."""

    query: str
    answer: str
    document_ids: tuple[str, ...] = ()
    needs: tuple[int, ...] = ()
    """Indices of the hops whose answers this hop's query depends on."""
    source: str = "General"


@dataclass(frozen=True, slots=True)
class Fact:
    """One edge of a knowledge graph."""

    head: str
    relation: str
    tail: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question with everything that is known about its answer.

    Only `text` may reach an agent before the episode ends; the rest is gold.
    """

    id: str
    text: str
    answers: tuple[str, ...]
    """The accepted answers: the canonical one first, then its aliases."""
    type: str = ""
    hops: tuple[Hop, ...] = ()
    document_ids: tuple[str, ...] = ()
    """The gold documents."""
    facts: tuple[Fact, ...] = ()
    """The question's subgraph."""
    topic_entities: tuple[str, ...] = ()
    answer_entities: tuple[str, ...] = ()
    gold_facts: tuple[int, ...] = ()
    """Indices into `facts`."""
    metadata: Mapping[str, Any] = field(default_factory=dict)


class Hit(NamedTuple):
    """One retrieved document in a step, by reference."""

    document_id: str
    score: float
    query: int = 0
    """Which of the step's queries found it."""
    new: bool = True
    """Whether it was shown; a document already shown in the episode is not shown twice."""


class Span(NamedTuple):
    """A range of characters `[start, end)` of a transcript and who wrote it."""

    start: int
    end: int
    author: Author


@dataclass(frozen=True, slots=True)
class Step:
    """One action of the agent and the environment's reply."""

    index: int
    """The turn, from 1."""
    action: Any
    """What the agent did: its text, capped in length, or a number for discrete actions."""
    parsed: Mapping[str, Any] = field(default_factory=dict)
    """The action as understood; empty when it could not be read."""
    observation: str = ""
    """What the environment added to the transcript in reply."""
    queries: tuple[str, ...] = ()
    hits: tuple[Hit, ...] = ()
    reward_terms: Mapping[str, float] = field(default_factory=dict)
    parse_error: str | None = None
    end: int = 0
    """How long the transcript was after it, in characters."""


@dataclass(frozen=True, slots=True)
class Trajectory:
    """One episode, finished or so far."""

    question_id: str
    env_id: str
    seed: int | None = None
    steps: tuple[Step, ...] = ()
    prediction: str | None = None
    """The answer that the agent gave; None when it gave none."""
    spans: tuple[Span, ...] = ()
    """Who wrote which characters of `transcript`, without gaps or overlaps."""
    transcript: str = ""
    outcome: Outcome = "running"

    def __str__(self) -> str:
        return (
            f"Trajectory({self.question_id!r}, {len(self.steps)} steps, {self.outcome}, "
            f"prediction={self.prediction!r})"
        )


@dataclass(frozen=True, slots=True)
class Score:
    """What a reward says of a trajectory.

    `unscored` means that no verdict could be had (a judge was out of reach). It is not a zero.
    """

    value: float
    terms: Mapping[str, float] = field(default_factory=dict)
    """Named parts that add up to `value`."""
    reason: str | None = None
    unscored: bool = False


def to_json(record: Any) -> bytes:
    """Encode a record, or any structure of records, as one line of JSON.

    >>> to_json(Fact("Ada", "born_in", "London"))
    b'{"head":"Ada","relation":"born_in","tail":"London"}'
    """
    return msgspec.json.encode(record)


def from_json(data: bytes | str, kind: type[T]) -> T:
    """Decode what [`to_json`][hopgym.core.to_json] wrote.

    Args:
        data: One JSON value.
        kind: The record's class.

    Raises:
        msgspec.ValidationError: If a field is missing or of the wrong type; it names the field.

    >>> from_json('{"head": "Ada", "relation": "born_in", "tail": "London"}', Fact)
    Fact(head='Ada', relation='born_in', tail='London')
    """
    return msgspec.json.decode(data, type=kind)
