"""`hopgym train compress`: the four stages of a compressor."""

from __future__ import annotations

from ..recipe import Recipe

RECIPES = (
    Recipe(
        name="compress",
        summary="four stages of 5 steps, a checkpoint every 2",
        command=(
            "hopgym", "train", "compress", "--output_dir", "{out}", "--device", "cpu",
            "--questions", "world?entities=200&train=24&dev=8&test=0&hops=1", "--k", "4", "--top_k", "2",
            "--encoder_width", "16", "--encoder_layers", "1", "--encoder_heads", "2",
            "--projector_dim", "16", "--policy_width", "16", "--policy_layers", "1",
            "--reconstruction_steps", "5", "--paragraph_steps", "5", "--answer_steps", "5",
            "--policy_steps", "5", "--max_chunks", "4", "--batch_size", "4", "--group", "2",
            "--max_new_tokens", "6", "--save_steps", "2", "--eval_steps", "2",
            "--eval_episodes", "4",
        ),
        resume=("--resume",),
    ),
)  # fmt: skip
