"""Several rewards as one weighted sum, with weights that may follow a schedule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..core import Question, Score, Trajectory
from ..errors import ConfigError, RewardError
from .base import Item, Reward, ask_many, at_step

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

    def at(self, step: int | None) -> Composite:
        """Return the same reward, with its parts, at another training step; this one stays."""
        parts = {name: at_step(part, step) for name, part in self.parts.items()}
        return replace(self, parts=parts, step=step or 0)

    def __call__(self, question: Question, trajectory: Trajectory) -> Score:
        """Score the last step; unscored as soon as one part is."""
        return self._sum([part(question, trajectory) for part in self.parts.values()])

    def many(self, items: Sequence[Item]) -> list[Score]:
        """Score the last step of each episode, with one call of each part.

        An episode that a part could not score comes back unscored.
        """
        columns = [_scores(part, items) for part in self.parts.values()]
        return [self._sum(scores) for scores in zip(*columns, strict=True)]

    def _sum(self, scores: Sequence[Score]) -> Score:
        terms: dict[str, float] = {}
        for name, score in zip(self.parts, scores, strict=True):
            if score.unscored:
                return score
            weight = self.weight(name)
            own = score.terms or {"reward": score.value}
            terms |= {f"{name}/{term}": weight * value for term, value in own.items()}
        return Score(sum(terms.values()), terms)


def _scores(part: Reward, items: Sequence[Item]) -> list[Score]:
    """Ask one part; what failed comes back unscored, so that it fails its own episode alone."""
    return [
        Score(0.0, reason=str(score), unscored=True) if isinstance(score, RewardError) else score
        for score in ask_many(part, items)
    ]
