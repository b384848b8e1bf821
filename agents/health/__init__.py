"""The health of training: figures of the episodes of an update, and a guard that stops on collapse.

`episodes` makes the figures, `degenerate` tells garbage from text, `guard` watches; the learners
ask it once an update. Plain numbers and no torch.
"""

from __future__ import annotations

from .degenerate import Degeneration, degeneration
from .episodes import episode_figures
from .guard import UPDATE_FIGURES, Alarm, Guard, GuardSettings

__all__ = [
    "UPDATE_FIGURES",
    "Alarm",
    "Degeneration",
    "Guard",
    "GuardSettings",
    "degeneration",
    "episode_figures",
]
