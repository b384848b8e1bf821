"""What a judge is: claims in, verdicts out, always in batches.

A judge reads what an agent wrote and says how right it is (`outcome`, `semantic`) or how sound a
step of its reasoning is (`process`). It never makes a number up: what it could not judge comes
back `unscored` with the reason. Rewards ask judges; judges know nothing of episodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, runtime_checkable

ClaimType = Literal["fact", "cause", "multi"]
"""What kind of answer is asked for: a short fact, an explanation, or a set of options."""


@dataclass(frozen=True, slots=True)
class Claim:
    """An answer that is to be compared with the accepted ones. All of it may be hostile text."""

    question: str
    answer: str
    golds: tuple[str, ...]
    type: ClaimType = "fact"


@dataclass(frozen=True, slots=True)
class StepClaim:
    """One step of reasoning that is to be judged."""

    question: str
    analysis: str
    """What the agent wrote before it acted."""
    query: str
    documents: tuple[str, ...] = ()
    """What the query found, as `title: text`."""
    before: str = ""
    """What stood in the transcript before the step."""


class Verdict(NamedTuple):
    """How right an answer is."""

    value: float
    """From 0 to 1; an `outcome` is 0 or 1. 0 where `unscored`, and then no verdict at all."""
    reason: str = ""
    unscored: bool = False


class ProcessVerdict(NamedTuple):
    """How sound a step is; each from 0 to 1."""

    coherence: float
    """Whether the analysis follows from what was known."""
    rationality: float
    """Whether the query is the sensible next one."""
    relevance: float
    """Whether what was found helps to answer the question."""
    reason: str = ""
    unscored: bool = False


@runtime_checkable
class Judge(Protocol):
    """Anything that judges. Safe to call from several threads."""

    name: str

    @property
    def fingerprint(self) -> str:
        """A name of who judges and how, stored with results."""

    def outcome(self, claims: Sequence[Claim]) -> list[Verdict]:
        """Say whether each answer is right: 1 or 0."""

    def semantic(self, claims: Sequence[Claim]) -> list[Verdict]:
        """Say how right each answer is, from 0 to 1."""

    def process(self, claims: Sequence[StepClaim]) -> list[ProcessVerdict]:
        """Say how sound each step is."""
