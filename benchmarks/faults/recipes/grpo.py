"""`hopgym train grpo`: TRL's GRPO in whole episodes."""

from __future__ import annotations

from ..artefact import Omission
from ..recipe import MODEL, Recipe

CLOCK = ("*_s", "step_time")

RECIPES = (
    Recipe(
        name="grpo",
        summary="8 steps with LoRA and its dropout, a checkpoint each, examined every 2",
        command=(
            "hopgym", "train", "grpo", "--model_name", MODEL, "--output_dir", "{out}",
            "--data_path", "world?entities=300&train=16&dev=4&test=0&hops=1", "--prompt", "plain",
            "--env_id", "hopgym/SearchRead-v0", "--env_set", "max_steps=2", "--env_set", "top_k=1",
            "--max_steps", "8", "--batch_size", "4", "--gradient_accumulation_steps", "2",
            "--num_generations", "4", "--max_new_tokens", "24", "--lr", "1e-3", "--lora_r", "4",
            "--lora_target_modules", "all-linear", "--lora_dropout", "0.1", "--no_mask_overlong",
            "--no_gradient_checkpointing", "--eval_episodes", "4", "--eval_every", "2",
            "--save_every", "1", "--watch_every", "0",
        ),
        resume=("--resume",),
        omissions=(
            Omission("*journal.jsonl", "clock times", CLOCK),
            Omission("*/trainer_state.json", "clock times", CLOCK),
            Omission("*/complete", "a digest of that file", ("trainer_state.json",)),
        ),
    ),
)  # fmt: skip
