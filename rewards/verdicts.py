"""Asking a judge, once for a whole batch, and believing nothing that cannot be.

Between rewards and judges: makes the claims out of questions and answers, and checks that a judge
gave one verdict for each, from 0 to 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeVar, cast, get_args

from ..core import Question
from ..errors import ConfigError, RewardError, users_code
from .judges.base import (
    Claim,
    ClaimType,
    Judge,
    ProcessVerdict,
    StepClaim,
    SupportClaim,
    Verdict,
)

V = TypeVar("V", Verdict, ProcessVerdict)

_SCORES = {Verdict: ("value",), ProcessVerdict: ("coherence", "rationality", "relevance")}


def claim(question: Question, answer: str) -> Claim:
    """Return what a judge is asked about an answer.

    The kind of answer is the question's type, or its metadata's, where that is one that judges
    know; else a fact is asked for.

    >>> claim(Question("q", "Why?", ("Rain.",), type="cause"), "Snow.").type
    'cause'
    """
    return Claim(question.text, answer, question.answers, _type(question))


def semantic(judge: Judge, claims: Sequence[Claim]) -> list[Verdict]:
    """Ask how right each answer is.

    Raises:
        ConfigError: If what the judge returned is no verdict for each.
        RewardError: If it raised something that is no error of ours.
    """
    return _ask(judge, "semantic", claims, Verdict)


def outcome(judge: Judge, claims: Sequence[Claim]) -> list[Verdict]:
    """Ask whether each answer is right.

    Raises:
        ConfigError: If what the judge returned is no verdict for each.
        RewardError: If it raised something that is no error of ours.
    """
    return _ask(judge, "outcome", claims, Verdict)


def process(judge: Judge, claims: Sequence[StepClaim]) -> list[ProcessVerdict]:
    """Ask how sound each step is.

    Raises:
        ConfigError: If what the judge returned is no verdict for each.
        RewardError: If it raised something that is no error of ours.
    """
    return _ask(judge, "process", claims, ProcessVerdict)


def support(judge: Judge, claims: Sequence[SupportClaim]) -> list[Verdict]:
    """Ask whether documents say what is claimed; the judge must have `support`.

    Raises:
        ConfigError: If what the judge returned is no verdict for each.
        RewardError: If it raised something that is no error of ours.
    """
    return _ask(judge, "support", claims, Verdict)


def _type(question: Question) -> ClaimType:
    kinds = get_args(ClaimType)
    for given in (question.type, question.metadata.get("type")):
        if isinstance(given, str) and given.lower() in kinds:
            return cast("ClaimType", given.lower())
    return "fact"


def _ask(judge: Judge, method: str, claims: Sequence[Any], kind: type[V]) -> list[V]:
    if not claims:
        return []
    with users_code("judge", judge, RewardError):
        given = getattr(judge, method)(claims)
    return _checked(judge, method, claims, given, kind)


def _checked(
    judge: Judge, method: str, claims: Sequence[Any], given: Any, kind: type[V]
) -> list[V]:
    who = f"The judge {getattr(judge, 'name', type(judge).__name__)!r:.60}"
    verdicts = list(given) if isinstance(given, Sequence) else []
    if len(verdicts) != len(claims):
        many = len(verdicts) if isinstance(given, Sequence) else type(given).__name__
        raise ConfigError(
            f"{who} gave {many} verdicts for {len(claims)} claims; `{method}` must return a list "
            "with one for each."
        )
    for verdict in verdicts:
        if not isinstance(verdict, kind):
            raise ConfigError(
                f"{who} gave a {type(verdict).__name__}; `{method}` must return {kind.__name__}s."
            )
        if not verdict.unscored and not all(_is_share(getattr(verdict, n)) for n in _SCORES[kind]):
            raise ConfigError(
                f"{who} gave {verdict!r:.200}; what `{method}` returns is from 0 to 1. A verdict "
                "that could not be had is `unscored`."
            )
    return verdicts


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and 0.0 <= value <= 1.0
