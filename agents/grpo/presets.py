"""Presets: settings that were put together for a machine, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PRESETS: Mapping[str, Mapping[str, Any]] = {
    # A model of a million parameters, all of it trained, in minutes on two cores: 16 questions, 8
    # episodes of each, and four optimiser steps on them.
    "tiny-cpu": {
        "lora_r": 0,
        "lr": 1e-4,
        "lr_scheduler": "constant",
        "batch_size": 32,
        "gradient_accumulation_steps": 1,
        "steps_per_generation": 4,
        "num_generations": 8,
        "num_envs": 128,
        "max_steps": 48,
        "max_new_tokens": 128,
        "gradient_checkpointing": False,
        "precision": "float32",
        "eval_every": 8,
        "save_every": 8,
    },
    # Search-R1's sizes (KL 0.001, 5 samples, learning rate 1e-6 for whole weights) under LoRA.
    "qwen2.5-3b-gpu": {
        "model_name": "Qwen/Qwen2.5-3B-Instruct",
        "batch_size": 4,
        "gradient_accumulation_steps": 16,
        "num_generations": 8,
        "num_envs": 64,
        "lr": 1e-5,
        "beta": 0.001,
        "max_new_tokens": 512,
        "context": 4096,
        "lora_dropout": 0.0,  # a token's ratio is of two passes of one policy
        "precision": "bfloat16",
    },
}
