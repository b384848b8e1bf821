"""`hopgym train refrag`: a teacher's episodes, then what was taught is reinforced."""

from __future__ import annotations

from ..recipe import MODEL, Recipe
from .grpo import RECIPES as GRPO

_COMMAND = (
    "hopgym", "train", "refrag", "--model_name", MODEL, "--output_dir", "{out}",
    "--questions", "world?entities=300&train=16&dev=4&test=0&hops=1", "--episodes", "16",
    "--epochs", "2", "--batch_size", "4", "--updates", "3", "--batch_questions", "2",
    "--num_samples", "4", "--minibatches", "2", "--device_batch_size", "4",
    "--eval_episodes", "4", "--eval_every", "1", "--save_every", "1", "--num_envs", "8",
    "--max_new_tokens", "24", "--precision", "float32", "--top_k", "1", "--hops", "2",
)  # fmt: skip
_OMISSIONS = GRPO[0].omissions

RECIPES = (
    Recipe(
        name="refrag",
        summary="boundaries added, 16 episodes of a teacher, fine-tuning, 6 steps of GRPO",
        command=_COMMAND,
        resume=("--resume",),
        omissions=_OMISSIONS,
    ),
    Recipe(
        name="refrag-ppo",
        summary="the same by PPO: 3 updates",
        command=(*_COMMAND, "--algorithm", "ppo"),
        resume=("--resume",),
        omissions=_OMISSIONS,
    ),
)
