"""`hopgym train ppo`: reinforcement learning in whole episodes."""

from __future__ import annotations

from ..artefact import Omission
from ..recipe import MODEL, Recipe

RECIPES = (
    Recipe(
        name="ppo",
        summary="PPO with a value head, 8 updates, a checkpoint each, examined every 4",
        command=(
            "hopgym", "train", "ppo", "--preset", "tiny-cpu", "--model_name", MODEL,
            "--output_dir", "{out}", "--questions", "world?entities=300&train=40&dev=10&hops=1",
            "--updates", "8", "--batch_questions", "2", "--num_samples", "2", "--num_envs", "4",
            "--eval_episodes", "4", "--eval_every", "4", "--save_every", "1",
            "--max_new_tokens", "48", "--env_set", "max_steps=2",
        ),
        resume=("--resume",),
        omissions=(Omission("journal.jsonl", "clock times", ("*_s",)),),
    ),
)  # fmt: skip
