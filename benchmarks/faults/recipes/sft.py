"""`hopgym train sft`: supervised fine-tuning."""

from __future__ import annotations

from ..making import prepared_by
from ..recipe import MODEL, Recipe

WORLD = "world?entities=300&train=16&dev=10&hops=1-2"

RECIPES = (
    Recipe(
        name="sft",
        summary="16 steps with LoRA, a checkpoint every 2, examined every 8",
        command=(
            "hopgym", "train", "sft", "--model_name", MODEL, "--data_path", "{given}/raw.jsonl",
            "--output_dir", "{out}", "--epochs", "4", "--batch_size", "2",
            "--gradient_accumulation_steps", "2", "--lora_target_modules", "all-linear",
            "--save_steps", "2", "--eval_questions", WORLD, "--eval_episodes", "4",
            "--eval_steps", "8", "--max_new_tokens", "48", "--logging_steps", "1",
        ),
        resume=("--resume",),
        prepare=prepared_by(
            ("expert", "collect", "--agent", "oracle", "--questions", WORLD,
             "--out", "{given}/raw.jsonl")
        ),
    ),
)  # fmt: skip
