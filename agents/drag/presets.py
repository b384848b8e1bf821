"""Presets: settings that were put together for a task and a machine, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PRESETS: Mapping[str, Mapping[str, Any]] = {
    # The seed's widths, as its scripts give them.
    "cwq": {"hidden_dim": 256, "num_reasoning_steps": 3, "lr": 5e-5, "k_facts": 10},
    # The world's questions of two and three hops, in seconds on one core.
    "tiny-cpu": {
        "questions": "world?hops=2-3",
        "encoder": "hashing?dim=256",
        "hidden_dim": 48,
        "num_reasoning_steps": 3,
        "epochs": 6,
        "batch_size": 32,
        "lr": 2e-3,
        "max_facts": 64,
        "k_facts": 20,
    },
    # Phase 2 on top of it, in minutes; its generator must be small, such as the one of `tiny`.
    "tiny-cpu-joint": {
        "phase": 2,
        "questions": "world?hops=2-3",
        "epochs": 4,
        "batch_size": 16,
        "lr": 5e-4,
        "projector_lr": 1e-3,
        "generator_lr": 1e-3,
        # The generator's gradient is larger than a big model's, and must not drown the labels.
        "ret_loss_weight": 1.0,
        "max_facts": 64,
        "k_facts": 20,
        "projector_dim": 256,
        "lora_r": 0,
        "max_new_tokens": 24,
    },
}
