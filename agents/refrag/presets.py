"""Presets: settings that were put together for a machine, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PRESETS: Mapping[str, Mapping[str, Any]] = {
    # The built-in model of a million parameters: half an hour on one core.
    "tiny-cpu": {"model_name": "tiny", "precision": "float32"},
    # A fresh hybrid with the built-in tokenizer. It has to learn to read first: more episodes.
    "hybrid-cpu": {
        "block_pattern": "M,T,M,T,M,T",
        "episodes": 20_000,
        "epochs": 4,
        "batch_size": 16,
        "precision": "float32",
    },
    # Qwen2.5-0.5B with LoRA on a GPU of 8 GB, in chats.
    "qwen2.5-0.5b-gpu": {
        "model_name": "Qwen/Qwen2.5-0.5B-Instruct",
        "prompt": "chat",
        "lora_r": 16,
        "gradient_checkpointing": True,
        "precision": "bfloat16",
        "context": 4096,
        "max_length": 4096,
        "max_new_tokens": 256,
        "num_envs": 16,
        "top_k": 3,
        "episodes": 2000,
        "epochs": 1,
        "batch_size": 8,
        "sft_lr": 1e-4,
        "updates": 100,
        "device_batch_size": 4,
        "batch_tokens": 8192,
        "rl_lr": 1e-5,
        "kl_coef": 0.001,
        "eval_every": 10,
        "save_every": 10,
    },
}
