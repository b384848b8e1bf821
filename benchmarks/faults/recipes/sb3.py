"""`hopgym train sb3`: MaskablePPO over padded graphs."""

from __future__ import annotations

from ..artefact import Omission
from ..recipe import Recipe

RECIPES = (
    Recipe(
        name="sb3",
        summary="2,048 steps of MaskablePPO, examined and saved every 256",
        command=(
            "hopgym", "train", "sb3", "--output_dir", "{out}",
            "--questions", "world?entities=300&train=30&dev=8&test=8&hops=2",
            "--env_set", "max_steps=4", "--env_set", "encoder=hashing?dim=32",
            "--env_set", "relation_ids=64", "--top_k", "16", "--num_envs", "4", "--n_steps", "16",
            "--batch_size", "32", "--n_epochs", "2", "--width", "8", "--layers", "1",
            "--total_timesteps", "2048", "--eval_every", "256", "--eval_episodes", "8",
        ),
        resume=("--resume",),
        omissions=(
            Omission("journal.jsonl", "clock times", ("time/*",)),
            Omission("hopgym.json", "clock times", ("*_s",)),
        ),
    ),
)  # fmt: skip
