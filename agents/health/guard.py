"""A guard over training: it is told the figures of each update, and says when to stop.

Trainers of every kind ask it once an update and stop, with the best checkpoint kept, when it
answers. It knows no model and no trainer. It is no judge of success: a policy that does not learn
raises no alarm, one that loses what it had does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, SupportsFloat

import msgspec

from ...errors import ConfigError, DataError
from .course import Course
from .rules import UPDATE_FIGURES, Alarm, Rule, rules
from .settings import GuardSettings

__all__ = ["UPDATE_FIGURES", "Alarm", "Guard", "GuardSettings"]


LARGEST = 1e30
"""A number beyond it is as broken as infinity, which it is about to become."""


@dataclass(slots=True)
class _Memory:
    """All that a guard remembers; it is written to JSON as it is."""

    updates: int = 0
    begun: int = 0
    """The update before the conditions that hold now."""
    not_finite: dict[str, int] = field(default_factory=dict)
    """Since which update in a row each figure has been no finite number."""
    courses: dict[str, Course] = field(default_factory=dict)
    beyond: dict[str, int] = field(default_factory=dict)
    """Since which update in a row each rule has been broken."""


class Guard:
    """Watches one run of training.

    Args:
        settings: The bounds.

    >>> guard = Guard(GuardSettings(warmup=0, window=2, patience=1))
    >>> guard.check({"kl": 0.1, "em": 0.4})
    >>> print(guard.check({"kl": 7.9, "em": 0.4}).what)
    the policy has run away from its reference
    """

    def __init__(self, settings: GuardSettings | None = None) -> None:
        self.settings = settings or GuardSettings()
        self._rules = rules(self.settings)
        self._ruled = {rule.figure for rule in self._rules}
        self._watched = self._ruled | set(UPDATE_FIGURES)
        self._memory = _Memory()

    def check(self, figures: Mapping[str, SupportsFloat]) -> Alarm | None:
        """Take the figures of one update; return why training should stop, or None.

        Args:
            figures: Those of the episodes, and of the update `UPDATE_FIGURES`, as far as they are
                known: a rule whose figure is missing waits. Others are passed by.

        Raises:
            ConfigError: If a figure that is watched is no number.
        """
        memory = self._memory
        memory.updates += 1
        told = {n: _number(n, figures[n]) for n in sorted(self._watched & figures.keys())}
        alarms = [self._not_finite(name, value) for name, value in told.items()]
        sound = {name: value for name, value in told.items() if _is_sound(value)}
        for name in sorted(self._ruled & sound.keys()):
            memory.courses.setdefault(name, Course()).add(sound[name], self.settings.window)
        if memory.updates - memory.begun > self.settings.warmup:
            alarms += [self._judged(rule) for rule in self._rules if rule.figure in sound]
        return next((alarm for alarm in alarms if alarm), None)

    def begin_again(self) -> None:
        """Forget all levels, when the conditions have changed on purpose.

        Call it when a curriculum or a schedule of rewards goes on: harder questions look like a
        collapse otherwise. The warm-up begins anew.
        """
        updates = self._memory.updates
        self._memory = _Memory(updates, updates)

    def state(self) -> dict[str, Any]:
        """Return all that is remembered, as plain JSON values, for a checkpoint."""
        return dict(msgspec.to_builtins(self._memory))

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where another guard with the same settings was.

        Args:
            state: What its `state()` returned.

        Raises:
            DataError: If it is no such thing.
        """
        try:
            self._memory = msgspec.convert(dict(state), _Memory)
        except (msgspec.ValidationError, TypeError, ValueError) as error:
            raise DataError(
                f"This is no state of a guard: {error}. Give what Guard.state() returned, or begin "
                "with a new guard."
            ) from error

    def _not_finite(self, name: str, value: float) -> Alarm | None:
        """Judge a number alone, at any time: NaN is never noise."""
        memory = self._memory
        if _is_sound(value):
            memory.not_finite.pop(name, None)
            return None
        since = memory.not_finite.setdefault(name, memory.updates)
        if memory.updates - since + 1 < self.settings.broken_updates:
            return None
        return Alarm(
            *("not_finite", name, value, math.nan, since, memory.updates),
            what="a number is not finite any more",
            advice="a smaller learning rate, clipped gradients, or bfloat16 in place of float16",
        )

    def _judged(self, rule: Rule) -> Alarm | None:
        """Judge a rule; it is an alarm when it was broken for long enough."""
        memory = self._memory
        key = f"{rule.kind}:{rule.figure}"
        course = memory.courses[rule.figure]
        bound = rule.broken(course)
        if bound is None:
            memory.beyond.pop(key, None)
            return None
        since = memory.beyond.setdefault(key, memory.updates)
        if memory.updates - since + 1 < self.settings.patience:
            return None
        mean = course.level
        return Alarm(
            *(rule.kind, rule.figure, mean, bound, since, memory.updates), rule.what, rule.advice
        )


def _is_sound(value: float) -> bool:
    return abs(value) <= LARGEST  # so not NaN


def _number(name: str, value: SupportsFloat) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"The figure {name!r} is {value!r:.60}, which is no number; give a float, or leave it "
            "out where it is not known."
        ) from error
