"""Presets: settings that were put together for a task and a machine, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PRESETS: Mapping[str, Mapping[str, Any]] = {
    # The models of Lewis et al. (arXiv 2005.11401), with T5 for BART, on one large GPU.
    "paper": {
        "variant": "token",
        "n_docs": 5,
        "train_context_encoder": False,
        "ret_loss_weight": 0.0,
        "hard_negatives": 0,
        "batch_size": 16,
        "gradient_accumulation_steps": 4,
        "learning_rate": 3e-5,
    },
    # Small random shapes on the world's questions of one hop: some two minutes on one core. A new
    # generator learns to copy names from right passages alone, and by small pieces.
    "tiny-cpu": {
        "dataset_name": "world?hops=1",
        "question_encoder": "tiny",
        "generator_model": "tiny",
        "vocabulary": 512,
        "n_docs": 2,
        "batch_size": 32,
        "learning_rate": 2e-3,
        "retriever_lr": 1e-3,
        "warmup_steps": 30,
        "num_epochs": 6,
        "gold_steps": 250,
        "reindex_every": 60,
        "max_question_tokens": 32,
        "max_passage_tokens": 96,
        "max_input_tokens": 128,
        "max_answer_tokens": 24,
        "eval_steps": 126,
        "eval_episodes": 100,
    },
}
