"""What counts as a collapse: one rule for each failure that is known of training with search.

A rule takes the course of one figure and says where its running mean may stand. The failures, and
who met them: exploding KL and GRPO's collapse (Search-R1, ZeroSearch), text of exclamation marks
(RAGEN), right answers that become less likely (LLDS, arXiv 2512.04220), answers avoided under an F1
reward (arXiv 2602.19526), search that is given up.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from .course import Course
from .settings import GuardSettings

UPDATE_FIGURES = ("loss", "grad_norm", "kl", "entropy", "clip_fraction", "value_error")
"""What a trainer tells of an update beside the figures of its episodes."""

Side = Literal["above", "below"]

_SMALLER = "a smaller learning rate"
_ANCHOR = "a larger KL coefficient"


@dataclass(frozen=True)
class Alarm:
    """Why training should stop. `reason`, and its text, is for people."""

    kind: str
    """Which rule."""
    figure: str
    value: float
    """The figure's running mean; of a broken number, that number."""
    bound: float
    since: int
    """The first update beyond the bound, counted from 1."""
    update: int
    """The update in which the alarm was raised."""
    what: str
    advice: str

    def __str__(self) -> str:
        return self.reason

    @property
    def reason(self) -> str:
        """What happened, since when, and what to try."""
        beyond = "" if math.isnan(self.bound) else f" (bound {self.bound:.4g})"
        return (
            f"Training has collapsed at update {self.update}: {self.what}. {self.figure} is "
            f"{self.value:.4g}{beyond}, since update {self.since}. Go back to the best checkpoint "
            f"and try {self.advice}."
        )


def restored(told: Mapping[str, Any]) -> Alarm:
    """Return an alarm that was written to JSON, which has null where there was NaN."""
    whole: dict[str, Any] = {n: math.nan if v is None else v for n, v in told.items()}
    return Alarm(**whole)


class Rule(NamedTuple):
    """One way to collapse."""

    kind: str
    figure: str
    side: Side
    """On which side of the bound it is one."""
    bound: Callable[[Course], float | None]
    """None while nothing can be said."""
    what: str
    advice: str

    def broken(self, course: Course) -> float | None:
        """Return the bound if the running mean lies beyond it."""
        bound = self.bound(course)
        if bound is None:
            return None
        mean = course.level
        return bound if (mean > bound if self.side == "above" else mean < bound) else None


def rules(settings: GuardSettings) -> list[Rule]:
    """Return the rules, the most telling first: where several are broken, the first is told."""
    s = settings
    return [
        Rule(
            *("degenerate", "degenerate_rate", "above", _at(s.most_degenerate)),
            "the policy writes degenerate text",
            f"{_SMALLER} (1e-6 where 5e-5 failed), or a better start by SFT",
        ),
        Rule(
            *("kl", "kl", "above", _at(s.most_kl)),
            "the policy has run away from its reference",
            f"{_SMALLER}, {_ANCHOR}, or fewer epochs over each batch",
        ),
        Rule(
            *("entropy_exploded", "entropy", "above", _risen(s.entropy_rise)),
            "the policy has become random",
            f"{_SMALLER}, or a smaller entropy bonus",
        ),
        Rule(
            *("entropy_collapsed", "entropy", "below", _left_of_first(s.entropy_share)),
            "the policy samples one thing only and has stopped exploring",
            f"{_ANCHOR}, an entropy bonus, or {_SMALLER}",
        ),
        Rule(
            *("likelihood", "better_logprob", "below", _fallen(s.likelihood_fall)),
            "what is paid best is becoming less likely",
            f"{_SMALLER}, {_ANCHOR}, or no penalty for tokens that good and bad episodes share",
        ),
        Rule(
            *("format", "format_rate", "below", _fallen(s.format_fall)),
            "actions can no longer be read",
            f"a larger format reward, {_ANCHOR}, or {_SMALLER}",
        ),
        Rule(
            *("length", "cut_rate", "above", _at(s.most_cut)),
            "turns run on until they are cut",
            "a larger max_new_tokens if turns need it, else a price on length",
        ),
        Rule(
            *("search_avoidance", "queries_per_episode", "below", _gone(s, s.least_queries)),
            "the policy has stopped searching",
            "a reward for found documents, a smaller price on searching, and a look at the "
            "retriever: one that finds nothing teaches this",
        ),
        Rule(
            *("answer_avoidance", "answered_share", "below", _gone(s, s.least_answered)),
            "the policy has stopped answering",
            "a penalty for episodes without an answer: wrong must cost no more than silent",
        ),
        Rule(
            *("clipping", "clip_fraction", "above", _at(s.most_clip)),
            "most tokens are clipped, so updates are far too large",
            f"{_SMALLER}, or fewer epochs over each batch",
        ),
        *(_outcome(name, s) for name in s.outcomes),
    ]


def _outcome(name: str, settings: GuardSettings) -> Rule:
    return Rule(
        *("outcome", name, "below", _worse(settings.outcome_fall, settings.sigmas)),
        "what it had learnt is being lost",
        f"{_SMALLER}, {_ANCHOR}, or larger batches",
    )


def _at(bound: float) -> Callable[[Course], float | None]:
    return lambda course: bound


def _risen(rise: float) -> Callable[[Course], float | None]:
    return lambda course: course.first + rise if course.first is not None else None


def _left_of_first(share: float) -> Callable[[Course], float | None]:
    return lambda course: course.first * share if course.first is not None else None


def _fallen(fall: float) -> Callable[[Course], float | None]:
    return lambda course: course.best - fall if course.best is not None else None


def _gone(settings: GuardSettings, least: float) -> Callable[[Course], float | None]:
    """Bound what was there before; what never was is not missed."""

    def bound(course: Course) -> float | None:
        if course.best is None or course.best < least:
            return None
        return course.best * settings.vanished_share

    return bound


def _worse(fall: float, sigmas: float) -> Callable[[Course], float | None]:
    """Bound an outcome of any scale by a share of what it came to, and beyond the noise.

    Rewards may be below zero, where a share of the best means nothing; so the share is of the best
    or of the gain since the start, whichever is more.
    """

    def bound(course: Course) -> float | None:
        if course.best is None or course.first is None:
            return None
        reach = max(abs(course.best), course.best - course.first)
        noise = math.sqrt(2) * course.error  # of the difference of two levels
        return course.best - max(fall * reach, sigmas * noise)

    return bound
