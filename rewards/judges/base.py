"""What a judge is: claims in, verdicts out, always in batches.

A judge reads what an agent wrote and says how right it is (`outcome`, `semantic`) or how sound a
step of its reasoning is (`process`). It never makes a number up: what it could not judge comes
back `unscored` with the reason. Rewards ask judges; judges know nothing of episodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal, NamedTuple, Protocol, TypeVar, get_args, runtime_checkable

from ...errors import ConfigError
from .wording import visible

ClaimType = Literal["fact", "cause", "multi"]
"""What kind of answer is asked for: a short fact, an explanation, or a set of options."""

TYPES: tuple[str, ...] = get_args(ClaimType)


@dataclass(frozen=True, slots=True)
class Claim:
    """An answer that is to be compared with the accepted ones. All of it may be hostile text.

    Raises:
        ConfigError: If a field is not what it says; one text is no list of golds, whose letters
            would each be accepted.
    """

    question: str
    answer: str
    """"" where none was given."""
    golds: Sequence[str]
    """The accepted answers, kept as a tuple."""
    type: ClaimType = "fact"

    def __post_init__(self) -> None:
        _check_texts(self, ("question", "answer"))
        object.__setattr__(self, "golds", _texts(self, "golds"))
        if self.type not in TYPES:
            close = get_close_matches(str(self.type), TYPES, n=1, cutoff=0.5)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise ConfigError(
                f"A Claim's type is {self.type!r:.60}; it is one of: {', '.join(TYPES)}.{hint}"
            )

    @property
    def has_golds(self) -> bool:
        """Whether there is an accepted answer to compare with: one of which something is seen."""
        return any(visible(gold).strip() for gold in self.golds)


@dataclass(frozen=True, slots=True)
class StepClaim:
    """One step of reasoning that is to be judged.

    Raises:
        ConfigError: If a field is not what it says.
    """

    question: str
    analysis: str
    """What the agent wrote before it acted."""
    query: str
    documents: Sequence[str] = ()
    """What the query found, as `title: text`; kept as a tuple."""
    before: str = ""
    """What stood in the transcript before the step."""

    def __post_init__(self) -> None:
        _check_texts(self, ("question", "analysis", "query", "before"))
        object.__setattr__(self, "documents", _texts(self, "documents"))


@dataclass(frozen=True, slots=True)
class SupportClaim:
    """Something that was said, and the documents that it may rest on.

    Raises:
        ConfigError: If a field is not what it says.
    """

    claim: str
    documents: Sequence[str]
    """Title and text of each; kept as a tuple."""
    question: str = ""
    """What was asked; "" where it is unknown."""

    def __post_init__(self) -> None:
        _check_texts(self, ("claim", "question"))
        object.__setattr__(self, "documents", _texts(self, "documents"))


class Verdict(NamedTuple):
    """How right an answer is, or how well supported a claim."""

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
    """Anything that judges. Safe to call from several threads.

    A judge may have one more: `support(claims)`, of `SupportClaim`s, which says whether one of the
    documents says what is claimed, as a list of `Verdict`s.
    """

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


C = TypeVar("C", Claim, StepClaim, SupportClaim)


def check_claims(claims: Iterable[C], kind: type[C], method: str) -> list[C]:
    """Return the claims that a judge was asked about, as a list.

    Args:
        claims: What it was given.
        kind: What they must be.
        method: What was called, for messages.

    Raises:
        ConfigError: If it is no list of them.
    """
    wanted = f"`{method}` takes a list of {kind.__name__}s"
    if isinstance(claims, Claim | StepClaim | SupportClaim):
        raise ConfigError(f"{wanted}, and was given one {type(claims).__name__}: write [claim].")
    if isinstance(claims, str) or not isinstance(claims, Iterable):
        raise ConfigError(f"{wanted}, and was given {claims!r:.60}.")
    listed = list(claims)
    for place, claim in enumerate(listed):
        if not isinstance(claim, kind):
            raise ConfigError(
                f"{wanted}; number {place + 1} of {len(listed)} is a {type(claim).__name__}: "
                f"{claim!r:.60}. Make one: {_MADE[kind]}."
            )
    return listed


_MADE: dict[type, str] = {
    Claim: "Claim(question, answer, golds)",
    StepClaim: "StepClaim(question, analysis, query, documents)",
    SupportClaim: "SupportClaim(claim, documents, question)",
}


def _check_texts(record: Any, names: tuple[str, ...]) -> None:
    for name in names:
        value = getattr(record, name)
        if not isinstance(value, str):
            none = ' Where there is none, write "".' if value is None else ""
            raise ConfigError(
                f"A {type(record).__name__}'s {name} is {value!r:.60}; it must be a text.{none}"
            )


def _texts(record: Any, name: str) -> tuple[str, ...]:
    given = getattr(record, name)
    if type(given) is tuple and all([type(one) is str for one in given]):  # the usual case
        return given
    is_list = isinstance(given, Sequence) and not isinstance(given, str | bytes)
    if not is_list or not all(isinstance(one, str) for one in given):
        one = " Put the one text into a list: [...]." if isinstance(given, str) else ""
        raise ConfigError(
            f"A {type(record).__name__}'s {name} are {given!r:.60}; they must be a list of texts."
            f"{one}"
        )
    return tuple(given)
