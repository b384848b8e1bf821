"""What listens to the trainer: a journal of every step, the guard, and the display."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from ...files import atomic_write
from ..health.guard import Alarm, Guard
from ..health.rules import restored
from ..schedule import Schedule
from ..training.checkpoint import readable
from ..training.display import Display
from ..training.journal import Journal
from ..training.listeners import Listener
from .settings import GRPOSettings

GUARD = "guard.json"
"""What the guard remembers, in a checkpoint."""

_NAMES = {
    "clip_ratio/region_mean": "clip_fraction",
    "reward_std": "reward_deviation",
    "learning_rate": "lr",
}
"""TRL's names of what the guard and our other learners call otherwise."""

_LEFT_OUT = ("completions/", "rewards/", "profiling/", "clip_ratio/", "frac_reward_zero_std")
"""Figures of TRL that mean something else in episodes of several turns, or stand elsewhere."""

_SHOWN = (
    "reward", "em", "format_rate", "queries_per_episode", "kl", "entropy", "zero_variance_groups",
    "grad_norm",
)  # fmt: skip
_TROUBLE = ("overlong_share", "failed_episodes", "unscored_episodes")
"""Shown where it is not 0."""


class Steps(Listener):
    """Keeps every step in the journal, shows it, and ends a run that has collapsed.

    Args:
        settings: The run's.
        journal: Where figures are kept.
        guard: Watches them.
        schedule: The reward's, whose jumps change the guard's levels.
        display: Shows them.
        leads: Whether this process writes; all of them watch.
    """

    def __init__(
        self,
        settings: GRPOSettings,
        journal: Journal,
        guard: Guard,
        schedule: Schedule,
        display: Display,
        *,
        leads: bool = True,
    ) -> None:
        self.settings = settings
        self.journal = journal
        self.guard = guard
        self.schedule = schedule
        self.display = display
        self.leads = leads
        self.alarm: Alarm | None = None

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Have the guard forget levels of other rewards, where the curriculum goes on."""
        if self.schedule.jumps(int(state.global_step)):
            self.guard.begin_again()

    def on_log(
        self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        """Take the figures of a step."""
        if not logs or "loss" not in logs:
            return
        step, figures = int(state.global_step), read_figures(logs)
        if self.leads:
            self.journal.add(step, figures)
            self._show(step, figures)
        if not _is_news(figures):
            return
        alarm = self.guard.check(figures)
        if alarm is not None and self.settings.guarded:
            self.alarm = alarm
            control.should_training_stop = control.should_save = True

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Keep what the guard remembers with a checkpoint, and why it stopped the run."""
        if self.leads:
            folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
            kept = {
                "guard": self.guard.state(),
                "alarm": self.alarm,
                "bounds": self.settings.guard_set,
            }
            with atomic_write(folder / GUARD) as stream:
                stream.write(msgspec.json.encode(kept))

    def restore(self, checkpoint: Path) -> None:
        """Go on where the guard was; what stopped the run holds, unless its bounds are others now."""
        with readable(checkpoint / GUARD):
            kept = msgspec.json.decode((checkpoint / GUARD).read_bytes())
        self.guard.restore(kept["guard"])
        same = kept["bounds"] == list(self.settings.guard_set)
        if kept["alarm"] and same and self.settings.guarded:
            self.alarm = restored(kept["alarm"])

    def _show(self, step: int, figures: Mapping[str, float]) -> None:
        names = [*(n for n in _SHOWN if n in figures), *(n for n in _TROUBLE if figures.get(n))]
        shown = " ".join(f"{name} {figures[name]:.3g}" for name in names)
        self.display.say(f"step {step}/{self.settings.max_steps}  {shown}")
        self.display.move(step)


def _is_news(figures: Mapping[str, float]) -> bool:
    """Whether the guard is to look: something was played, or a number is broken.

    Further steps on the same episodes tell nothing of the policy that these have not told.
    """
    return "episodes" in figures or not all(map(math.isfinite, figures.values()))


def read_figures(logs: Mapping[str, Any]) -> dict[str, float]:
    """Return the figures of a step, out of what the trainer logs.

    >>> read_figures({"loss": 0.5, "clip_ratio/region_mean": 0.1, "completions/max_length": 9.0})
    {'loss': 0.5, 'clip_fraction': 0.1}
    """
    told = {
        _NAMES.get(name, name): value
        for name, value in logs.items()
        if name in _NAMES or not name.startswith(_LEFT_OUT)
    }
    # TRL has None for what it could not make; some numbers come rounded, as texts.
    return {name: float(value) for name, value in told.items() if value is not None}
