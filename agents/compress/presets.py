"""Presets: settings that were put together for a task and a machine, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PRESETS: Mapping[str, Mapping[str, Any]] = {
    # The world's questions of one hop, with the small model of `tiny`, in minutes on one core.
    "tiny-cpu": {
        "questions": "world?hops=1",
        "model_name": "tiny",
        "k": 8,
        "top_k": 3,
        "encoder_width": 128,
        "reconstruction_steps": 400,
        "paragraph_steps": 200,
        "answer_steps": 800,
        "policy_steps": 200,
        "max_chunks": 4,
        "lr": 2e-3,
        # So small a decoder cannot read vectors by being shown good ones alone.
        "freeze_decoder": False,
        "decoder_lr": 5e-4,
        "max_new_tokens": 16,
    },
    # The paper's sizes: RoBERTa, k of 16, a decoder of the user's.
    "paper": {
        "encoder": "text?model=roberta-base",
        "k": 16,
        "max_chunks": 256,
        "projector_dim": 4096,
        "lr": 2e-4,
        "decoder_lr": 5e-5,
        "dtype": "bfloat16",
        "gradient_checkpointing": True,
    },
}
