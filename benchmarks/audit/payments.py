"""Whether rewards are what they say: terms that add up, in a range that is told and reached."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from .checks import Finding, failed, not_applicable, passed, verdict
from .playing import Played
from .ranges import Range, documented_range
from .scripts import empty_play, heuristics, oracle, random_play
from .subject import Subject

TOLERANCE = 1e-6
NEAR = 0.1
"""How near to an end of the range, as a share of it, counts as reaching it."""


def reward_terms(subject: Subject) -> Finding:
    """Add the terms up, at every step."""
    replies = [reply for one in _all(subject) for reply in one.replies]
    if any(not math.isfinite(reply.reward) for reply in replies):
        return failed("A reward is no finite number.")
    stated = [reply for reply in replies if isinstance(reply.info.get("reward_terms"), Mapping)]
    if not stated:
        return not_applicable("No info has `reward_terms`; the rewards are finite numbers.")
    off = [
        abs(sum(map(float, reply.info["reward_terms"].values())) - reply.reward) for reply in stated
    ]
    names = sorted({name for reply in stated for name in reply.info["reward_terms"]})
    return verdict(
        max(off) <= TOLERANCE and len(stated) == len(replies),
        f"The terms ({', '.join(names)}) of {len(stated)} of {len(replies)} steps miss the reward "
        f"by at most {max(off):.1g}.",
    )


def reward_reachability(subject: Subject) -> Finding:
    """Compare the returns that were seen with what is documented."""
    seen = _all(subject)
    returns = [one.total for one in seen]
    low, high = min(returns), max(returns)
    if high - low <= TOLERANCE:
        return failed(f"All {len(seen)} episodes earn {low:.2f}, whoever plays.")
    inner: Any = subject.env.unwrapped
    reward = getattr(getattr(inner, "stage", None), "reward", None)
    ranges = [documented_range(reward, len(one.replies), inner) for one in seen]
    if any(one is None for one in ranges):
        return passed(f"{len(seen)} episodes earn {low:.2f} to {high:.2f}; no range is documented.")
    return _within(seen, [one for one in ranges if one is not None])


def _within(seen: list[Played], ranges: list[Range]) -> Finding:
    pairs = [(one.total, own) for one, own in zip(seen, ranges, strict=True)]
    outside = [value for value, own in pairs if not own.low - 1e-6 <= value <= own.high + 1e-6]
    if outside:
        return failed(
            f"{len(outside)} of {len(seen)} episodes earn what their range does not have, such as "
            f"{outside[0]:.2f}."
        )
    top = any(value >= own.high - NEAR * _width(own) for value, own in pairs)
    bottom = any(
        math.isinf(own.low) or value <= own.low + NEAR * _width(own) for value, own in pairs
    )
    low, high = min(own.low for own in ranges), max(own.high for own in ranges)
    least, most = min(one.total for one in seen), max(one.total for one in seen)
    lack = [end for end, reached in (("top", top), ("bottom", bottom)) if not reached]
    return verdict(
        not lack,
        f"{len(seen)} episodes earn {least:.2f} to {most:.2f}; documented is {_end(low)}"
        f"{high:.2f}{f', whose {lack[0]} nobody comes near' if lack else ''}.",
    )


def _end(low: float) -> str:
    return "at most " if math.isinf(low) else f"{low:.2f} to "


def _width(own: Range) -> float:
    return abs(own.high) if math.isinf(own.low) else own.high - own.low


def _all(subject: Subject) -> list[Played]:
    plays = [random_play(subject), oracle(subject) or [], empty_play(subject) or []]
    return [one for episodes in (*plays, *heuristics(subject).values()) for one in episodes]
