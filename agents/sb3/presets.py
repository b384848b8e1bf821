"""Presets: settings that were put together for a task and a machine, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PRESETS: Mapping[str, Mapping[str, Any]] = {
    # The world's questions of two hops, whose graphs are small, in minutes on one core.
    "tiny-cpu": {
        "questions": "world?hops=2",
        "top_k": 32,
        "env_set": ("max_steps=8",),
        "width": 32,
        "layers": 2,
        "num_envs": 64,
        "n_steps": 16,
        "batch_size": 256,
        "n_epochs": 4,
        "learning_rate": 1e-3,
        "total_timesteps": 100_000,
        "eval_every": 20_000,
    },
}
