"""Presets: settings that were put together for a task and a machine, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PRESETS: Mapping[str, Mapping[str, Any]] = {
    # The seed's widths, as its scripts give them.
    "cwq": {"hidden_dim": 256, "num_reasoning_steps": 3, "lr": 5e-5, "k_facts": 10},
    # The world, in minutes on one core.
    "tiny-cpu": {
        "questions": "world?hops=2-3",
        "encoder": "hashing?dim=256",
        "hidden_dim": 48,
        "num_reasoning_steps": 3,
        "lr": 2e-3,
        "batch_size": 32,
        "max_facts": 64,
        "k_facts": 20,
        "projector_dim": 256,
        "generator_lr": 1e-3,
        "lora_r": 0,
        "max_new_tokens": 24,
    },
}
