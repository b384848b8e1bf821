"""What a model must reply, as typed records: one JSON object, nothing before or after it.

A record gives the schema that a model is asked to keep to, and the same record checks what came:
other keys, a key twice, a value out of range, prose around it and NaN are all no reply. Used by
prompts (the schema) and sessions (the reading).
"""

from __future__ import annotations

import json
from typing import Annotated, Any, TypeVar, cast

import msgspec

from .base import ProcessVerdict, Verdict
from .failures import BadReplyError, Why
from .text import cleaned

MAX_REPLY = 20_000
"""Characters; no honest reply is longer."""

MAX_REASON = 500
"""Characters that are kept of a reason."""

QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""The anchors of R-Search's judge (arXiv 2506.08352)."""

Reason = Annotated[str, msgspec.Meta(description="One or two sentences.")]
Quarter = Annotated[float, msgspec.Meta(extra_json_schema={"enum": list(QUARTERS)})]
Unit = Annotated[float, msgspec.Meta(ge=0, le=1)]
Count = Annotated[int, msgspec.Meta(ge=0, le=1000)]


class Outcome(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether an answer is right. The reason comes first, so that it is thought of first."""

    reason: Reason
    correct: bool

    def verdict(self) -> Verdict:
        """Return 1 or 0."""
        return Verdict(float(self.correct), cleaned(self.reason, MAX_REASON))


class Grade(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How right an answer is."""

    reason: Reason
    score: Quarter

    def __post_init__(self) -> None:
        if self.score not in QUARTERS:
            raise ValueError(f"score is {self.score}, which is none of {QUARTERS}")

    def verdict(self) -> Verdict:
        """Return the score."""
        return Verdict(self.score, cleaned(self.reason, MAX_REASON))


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which of the accepted options an answer gives: counts, from which we compute."""

    reason: Reason
    correct: Annotated[Count, msgspec.Meta(description="Options given and accepted.")]
    wrong: Annotated[Count, msgspec.Meta(description="Options given, but not accepted.")]
    missed: Annotated[Count, msgspec.Meta(description="Options accepted, but not given.")]

    def __post_init__(self) -> None:
        if not self.correct + self.missed:
            raise ValueError("no accepted option is counted, though there is one")

    def verdict(self) -> Verdict:
        """Return the micro-F1 of the options.

        >>> Options("", correct=2, wrong=1, missed=1).verdict().value
        0.6666666666666666
        """
        value = 2 * self.correct / (2 * self.correct + self.wrong + self.missed)
        return Verdict(value, cleaned(self.reason, MAX_REASON))


class Soundness(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How sound a step is."""

    reason: Reason
    coherence: Unit
    rationality: Unit
    relevance: Unit

    def verdict(self) -> ProcessVerdict:
        """Return the three."""
        reason = cleaned(self.reason, MAX_REASON)
        return ProcessVerdict(self.coherence, self.rationality, self.relevance, reason)


Record = Outcome | Grade | Options | Soundness
R = TypeVar("R", bound=Record)

_FENCES = ("```", "```json")


def read(text: str, record: type[R], *, fenced: bool = False) -> R:
    """Read a reply.

    Args:
        text: What the model wrote.
        record: What it was to write.
        fenced: Whether it may stand in one fence of Markdown, as models write that are bound to
            no schema.

    Raises:
        BadReplyError: If it is anything but the one object.

    >>> read('{"reason": "Same.", "score": 0.75}', Grade)
    Grade(reason='Same.', score=0.75)
    """
    if len(text) > MAX_REPLY:
        raise BadReplyError(Why.MALFORMED, f"{len(text)} characters instead of one JSON object")
    if fenced:
        text = _unfenced(text)
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
        found = msgspec.convert(value, record)
        # Cleaned here, for the record is kept as JSON, which holds no lone surrogates.
        return msgspec.structs.replace(found, reason=cleaned(found.reason, MAX_REASON))
    except (ValueError, RecursionError, msgspec.MsgspecError) as error:
        detail = f"{cleaned(str(error), 150)} in {cleaned(text, 100)!r}"
        failure = BadReplyError(Why.MALFORMED, detail)
    raise failure


def schema(record: type[Record]) -> dict[str, Any]:
    """Return a record's JSON schema, in the strict form that servers take."""
    _, components = msgspec.json.schema_components((record,))
    found = cast("dict[str, Any]", components[record.__name__])
    return {key: value for key, value in found.items() if key not in ("title", "description")}


def _unfenced(text: str) -> str:
    """Take off one fence; no regular expression, which a flood of line ends could keep busy."""
    first, _, rest = text.strip().partition("\n")
    fenced = first.strip() in _FENCES and rest.endswith("```")
    return rest.removesuffix("```").rstrip() if fenced else text


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")
