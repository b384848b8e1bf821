"""Keeping a leaderboard honest: what is trained on is compared with what is played, and remembered.

[`guard`][hopgym.agents.contamination.guard] compares them before a training,
[`record`][hopgym.agents.contamination.record] leaves in the model's folder what it was trained on,
and [`sources`][hopgym.agents.contamination.sources] reads questions from whatever can be trained on.
"""

from __future__ import annotations

from .record import FILE, TrainedOn, read_trained_on, trained_on, write_trained_on

__all__ = ["FILE", "TrainedOn", "read_trained_on", "trained_on", "write_trained_on"]
