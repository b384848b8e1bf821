"""Several rewards as one weighted sum, with weights that may follow a schedule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from ..core import Question, Score, Trajectory
from ..errors import ConfigError
from .base import Reward

Weight = float | Callable[[int], float]
"""A number, or a function of the training step."""


@dataclass(frozen=True)
class Composite:
    """A weighted sum of named rewards; its terms are `name/term`, weighted.

    >>> from hopgym.rewards import make_reward
    >>> parts = {"em": make_reward("em"), "f1": make_reward("f1")}
    >>> warm = Composite(parts, {"em": lambda step: 0.2 if step < 30 else 0.5, "f1": 0.5})
    >>> warm.weight("em"), warm.at(30).weight("em")
    (0.2, 0.5)
    """

    parts: Mapping[str, Reward]
    weights: Mapping[str, Weight] = field(default_factory=dict)
    """By name of part; 1 where none is given."""
    step: int = 0
    """The training step that scheduled weights are read at."""

    def __post_init__(self) -> None:
        """Refuse weights of parts that do not exist."""
        unknown = [name for name in self.weights if name not in self.parts]
        if unknown:
            raise ConfigError(f"No part {unknown[0]!r} to weigh; parts: {', '.join(self.parts)}.")

    def weight(self, name: str) -> float:
        """Return the weight of a part at this training step."""
        weight = self.weights.get(name, 1.0)
        return float(weight(self.step) if callable(weight) else weight)

    def at(self, step: int) -> Composite:
        """Return the same reward at another training step; this one stays as it is."""
        return replace(self, step=step)

    def __call__(self, question: Question, trajectory: Trajectory) -> Score:
        """Score the last step; unscored as soon as one part is."""
        terms: dict[str, float] = {}
        for name, part in self.parts.items():
            score = part(question, trajectory)
            if score.unscored:
                return score
            weight = self.weight(name)
            own = score.terms or {"reward": score.value}
            terms |= {f"{name}/{term}": weight * value for term, value in own.items()}
        return Score(sum(terms.values()), terms)
