"""`hopgym train drag`: phase 1, the retriever alone, and phase 2, the generator with it."""

from __future__ import annotations

from ..making import prepared_by
from ..recipe import MODEL, Recipe

_COMMON = (
    "--questions", "world?entities=200&train=24&dev=8&test=0&hops=1-2", "--encoder", "hashing?dim=32",
    "--hidden_dim", "16", "--num_reasoning_steps", "2", "--max_facts", "24", "--k_facts", "4",
    "--device", "cpu",
)  # fmt: skip
_FIRST = (*_COMMON, "--epochs", "12", "--batch_size", "8", "--lr", "1e-2")

RECIPES = (
    Recipe(
        name="drag-1",
        summary="phase 1: the retriever, 12 epochs, a checkpoint each",
        command=("hopgym", "train", "drag", *_FIRST, "--checkpoint_dir", "{out}"),
        resume=("--resume",),
    ),
    Recipe(
        name="drag-2",
        summary="phase 2: a generator with LoRA by both estimators, 6 epochs, a checkpoint each",
        command=(
            "hopgym", "train", "drag", "--phase", "2", "--phase1_checkpoint", "{given}/one",
            *_COMMON, "--generator_model", MODEL, "--checkpoint_dir", "{out}", "--epochs", "6",
            "--limit", "8", "--batch_size", "4", "--lr", "1e-3", "--generator_lr", "1e-3",
            "--projector_dim", "16", "--lora_r", "4", "--lora_target_modules", "all-linear",
            "--estimator", "st+rloo", "--samples", "2", "--ret_weighting", "gradnorm",
            "--max_new_tokens", "8", "--eval_episodes", "4",
        ),
        resume=("--resume",),
        prepare=prepared_by(("train", "drag", *_FIRST, "--checkpoint_dir", "{given}/one")),
    ),
)  # fmt: skip
