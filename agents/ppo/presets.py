"""Presets: settings that were put together for a machine, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PRESETS: Mapping[str, Mapping[str, Any]] = {
    # A model of a million parameters, all of it trained, in minutes on two cores.
    "tiny-cpu": {
        "lora_r": 0,
        "lr": 3e-4,
        "warmup": 2,
        "value_lr": 1e-3,
        "kl_coef": 0.0,
        "epochs": 1,
        "minibatches": 4,
        "batch_questions": 32,
        "num_samples": 4,
        "num_envs": 128,
        "max_new_tokens": 128,
        "batch_tokens": 8192,
        "precision": "float32",
    },
    # Qwen2.5-0.5B with LoRA on a GPU of 4 GB, as the small-model re-implementation of R3-RAG asks.
    "qwen2.5-0.5b-4gb": {
        "model_name": "Qwen/Qwen2.5-0.5B-Instruct",
        "prompt": "chat",
        "lora_r": 8,
        "lora_alpha": 16,
        "lora_target_modules": "q_proj,v_proj",
        "gradient_checkpointing": True,
        "precision": "float16",
        "reread": True,
        "context": 2048,
        "max_new_tokens": 256,
        "batch_questions": 16,
        "num_samples": 4,
        "num_envs": 8,
        "batch_tokens": 2048,
        "lr": 1e-5,
        "value_lr": 1e-4,
        "shared_value": False,
        "kl_coef": 0.01,
    },
    # R3-RAG's sizes (64 questions, 4 samples, KL 0.01) for `accelerate launch` on several GPUs.
    "7b-multi-gpu": {
        "model_name": "Qwen/Qwen2.5-7B-Instruct",
        "prompt": "chat",
        "lora_r": 16,
        "lora_alpha": 32,
        "lora_target_modules": "all-linear",
        "gradient_checkpointing": True,
        "precision": "bfloat16",
        "reread": True,
        "context": 4096,
        "max_new_tokens": 512,
        "batch_questions": 64,
        "num_samples": 4,
        "num_envs": 64,
        "batch_tokens": 16384,
        "lr": 1e-5,
        "value_lr": 9e-6,
        "kl_coef": 0.01,
    },
}
