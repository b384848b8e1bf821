"""Several rewards as one weighted sum, with weights that may follow a schedule."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Real
from typing import Any

from ..core import Question, Score, Trajectory
from ..errors import ConfigError, RewardError, UnknownNameError, users_code
from .base import Item, Reward, ask, ask_many, at_step, check_step

Weight = float | Callable[[int], float]
"""A number, or a function of the training step."""

FAR = 10**9
"""A step that no training reaches: there a schedule has settled, if it ever does."""


@dataclass(frozen=True)
class Composite:
    """A weighted sum of named rewards; its terms are `part/term`, weighted.

    Where nobody trains (`step` is None) the final weights hold, of the parts and of this: a
    schedule is then read at `last_step`, or, if that is not given, at a step so late that it must
    have settled; one that has not is refused.

    Raises:
        ConfigError: If a part is no reward, a weight is no finite number or no function of the step
            that returns one, or a step is no whole number from 0.
        UnknownNameError: If no reward has the name of a part.

    >>> both = Composite({"em": "em", "f1": "f1"},
    ...                  {"em": lambda step: 0.2 if step < 30 else 0.5, "f1": 0.5})
    >>> both.weight("em"), both.at(29).weight("em"), both.at(30).weight("em")
    (0.5, 0.2, 0.5)
    """

    parts: Mapping[str, str | Reward]
    """By the name that their terms get: rewards, or whatever `make_reward` takes."""
    weights: Mapping[str, Weight] = field(default_factory=dict)
    """By name of part; 1 where none is given."""
    step: int | None = None
    """The training step that holds for all parts; None where nobody trains."""
    last_step: int | None = None
    """Where schedules are read when nobody trains; None for one that settles by itself."""
    _rewards: Mapping[str, Reward] = field(init=False, repr=False, compare=False)
    _now: Mapping[str, float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make the parts, and read the weights once."""
        check_step(self.step)
        check_step(self.last_step, "last_step")
        self._check_names()
        rewards = {name: _made(name, part) for name, part in self.parts.items()}
        if self.step is not None:
            rewards = {name: at_step(reward, self.step) for name, reward in rewards.items()}
        object.__setattr__(self, "_rewards", rewards)
        object.__setattr__(self, "_now", {name: self._read(name) for name in rewards})

    def weight(self, name: str) -> float:
        """Return the weight of a part at this training step."""
        return self._now[name]

    def at(self, step: int | None) -> Composite:
        """Return the same reward, with its parts, at another training step; this one stays."""
        parts = {name: at_step(part, step) for name, part in self._rewards.items()}
        return replace(self, parts=parts, step=step)

    def __call__(self, question: Question, trajectory: Trajectory) -> Score:
        """Score the last step; unscored as soon as one part is."""
        return self._sum([ask(part, question, trajectory) for part in self._rewards.values()])

    def many(self, items: Sequence[Item]) -> list[Score]:
        """Score the last step of each episode, with one call of each part.

        An episode that a part could not score comes back unscored.
        """
        columns = [_scores(part, items) for part in self._rewards.values()]
        return [self._sum(scores) for scores in zip(*columns, strict=True)]

    def _sum(self, scores: Sequence[Score]) -> Score:
        terms: dict[str, float] = {}
        for name, score in zip(self._rewards, scores, strict=True):
            if not isinstance(score, Score):
                raise ConfigError(
                    f"The part {name!r} of a Composite returned a {type(score).__name__}; return "
                    "a Score(value, terms)."
                )
            if score.unscored:
                return Score(0.0, reason=f"{name}: {score.reason}", unscored=True)
            weight = self.weight(name)
            own = score.terms or {"reward": score.value}
            # Not -0.0, which is what a negative weight makes of nothing.
            terms |= {f"{name}/{term}": weight * value + 0.0 for term, value in own.items()}
        told = [
            f"{name}: {score.reason}"
            for name, score in zip(self._rewards, scores, strict=True)
            if score.reason
        ]
        return Score(sum(terms.values()), terms, "; ".join(told) or None)

    def _check_names(self) -> None:
        if not isinstance(self.parts, Mapping) or not self.parts:
            raise ConfigError(
                f"The parts of a Composite are {self.parts!r:.60}; give one or more by name, as in "
                "{'answer': 'f1', 'waste': 'repeat'}."
            )
        if not isinstance(self.weights, Mapping):
            raise ConfigError(
                f"The weights of a Composite are {self.weights!r:.60}; give them by name of part."
            )
        unknown = [name for name in self.weights if name not in self.parts]
        if unknown:
            raise ConfigError(
                f"No part {unknown[0]!r} to weigh; parts: {', '.join(map(str, self.parts))}."
            )

    def _read(self, name: str) -> float:
        """Return the weight of a part that holds now."""
        weight = self.weights.get(name, 1.0)
        if not callable(weight):
            return _number(name, weight)
        step = self.last_step if self.step is None else self.step
        if step is not None:
            return _at(name, weight, step)
        final, later = _at(name, weight, FAR), _at(name, weight, 2 * FAR)
        if not math.isclose(final, later, rel_tol=1e-6, abs_tol=1e-6):
            raise ConfigError(
                f"The weight of part {name!r} does not settle: {final:g} at step {FAR:,} and "
                f"{later:g} at step {2 * FAR:,}. Say with last_step= when training is over, for "
                "where nobody trains, or let the schedule end."
            )
        return final


def _made(name: Any, part: Any) -> Reward:
    from . import make_reward  # here, as that package offers this class

    if not isinstance(name, str):
        raise ConfigError(f"A part of a Composite is named {name!r:.60}; its name must be a text.")
    try:
        return make_reward(part)
    except (ConfigError, UnknownNameError) as error:
        raise type(error)(f"Part {name!r} of a Composite: {error}") from error


def _at(name: str, weight: Callable[[int], float], step: int) -> float:
    with users_code(f"weight of part {name!r} at step {step:,},", weight):
        return _number(name, weight(step), f" at step {step:,}")


def _number(name: str, given: Any, where: str = "") -> float:
    fine = isinstance(given, Real) and not isinstance(given, bool) and math.isfinite(given)
    if not fine:
        raise ConfigError(
            f"The weight of part {name!r} is {given!r:.60}{where}; it must be a finite number, or "
            "a function of the training step that returns one."
        )
    return float(given)


def _scores(part: Reward, items: Sequence[Item]) -> list[Score]:
    """Ask one part; what failed comes back unscored, so that it fails its own episode alone."""
    return [
        Score(0.0, reason=str(score), unscored=True) if isinstance(score, RewardError) else score
        for score in ask_many(part, items)
    ]
