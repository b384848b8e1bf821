"""The bounds of the guard: plain fields, which trainers may offer as flags, and what each is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

from ...envs.settings import at_least
from ...errors import ConfigError
from ...retrieval.base import check_number

_MOST_SHARES = ("format_fall", "most_degenerate", "most_cut", "most_clip")
_MOST = (
    "most_kl", "entropy_rise", "likelihood_fall", "outcome_fall", "least_queries",
    "least_answered",
)  # fmt: skip
_LEAST_SHARES = ("entropy_share", "vanished_share")


@dataclass(frozen=True, kw_only=True)
class GuardSettings:
    """When training counts as collapsed.

    `inf` turns a bound off; for `entropy_share` and `vanished_share`, which must be left, 0 does.

    Raises:
        ConfigError: If a value is not allowed.
    """

    window: Annotated[int, "Updates of a running mean; every bound is for running means."] = 10
    warmup: Annotated[int, "Updates at the start in which only broken numbers stop a run."] = 10
    patience: Annotated[int, "Updates in a row beyond a bound before it is an alarm."] = 3
    broken_updates: Annotated[int, "The same for NaN or infinity; fp16's scaler may need 3."] = 1
    most_kl: Annotated[float, "KL to the reference, in nats a token, at most."] = 2.0
    entropy_share: Annotated[float, "Entropy, as a share of its first level, at least."] = 0.02
    entropy_rise: Annotated[float, "Entropy above its first level, in nats, at most."] = 2.0
    most_clip: Annotated[float, "Share of clipped tokens at most."] = 0.5
    likelihood_fall: Annotated[float, "Fall of better episodes' log-probability, at most."] = 1.0
    format_fall: Annotated[float, "Fall of the format rate below its best, at most."] = 0.2
    most_degenerate: Annotated[float, "Share of turns of degenerate text at most."] = 0.2
    most_cut: Annotated[float, "Share of turns that their length ended, at most."] = 0.5
    outcomes: Annotated[tuple[str, ...], "The figures that are to rise."] = ("em", "reward")
    outcome_fall: Annotated[float, "Their fall, as a share of their best, at most."] = 0.5
    sigmas: Annotated[float, "Standard errors by which such a fall must exceed noise."] = 6.0
    vanished_share: Annotated[float, "Queries and answers left of their best, at least."] = 0.1
    least_queries: Annotated[float, "Queries an episode that once were, to be missed."] = 0.5
    least_answered: Annotated[float, "Share of answers that once was, to be missed."] = 0.3

    def __post_init__(self) -> None:
        """Refuse what is not allowed."""
        at_least("window", self.window, 2)
        at_least("warmup", self.warmup, 0)
        at_least("patience", self.patience, 1)
        at_least("broken_updates", self.broken_updates, 1)
        for name in _MOST_SHARES:
            _check_bound(name, getattr(self, name), most=1.0)
        for name in _MOST:
            _check_bound(name, getattr(self, name))
        for name in _LEAST_SHARES:
            check_number(name, getattr(self, name), most=0.99, example=0.02)
        check_number("sigmas", self.sigmas, example=6)
        if isinstance(self.outcomes, str) or not all(isinstance(n, str) for n in self.outcomes):
            raise ConfigError(
                f"outcomes is {self.outcomes!r}; give names of figures, such as ('em', 'reward')."
            )


def _check_bound(name: str, value: float, most: float = math.inf) -> None:
    """Refuse what is no number from 0 to `most`; infinity turns a bound off."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not (0 <= value <= most or value == math.inf):
        to = f" to {most:g}" if most < math.inf else ""
        raise ConfigError(f"{name} is {value!r}; give a number from 0{to}, or inf for no bound.")
