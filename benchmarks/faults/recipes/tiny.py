"""`hopgym train tiny`: the small policy from nothing."""

from __future__ import annotations

from ..artefact import Omission
from ..recipe import Recipe

RECIPES = (
    Recipe(
        name="tiny",
        summary="a policy of two layers, 60 steps, an exam and a checkpoint every 20",
        command=(
            "hopgym", "train", "tiny", "--output_dir", "{out}", "--steps", "60", "--layers", "2",
            "--width", "32", "--feed_forward", "64", "--vocabulary", "400",
            "--batch_tokens", "1000", "--threads", "1", "--eval_steps", "20",
            "--eval_episodes", "4",
        ),
        resume=("--resume",),
        omissions=(
            Omission("curve.json", "clock times", ("seconds",)),
            Omission("hopgym.json", "clock times", ("seconds",)),
        ),
    ),
)  # fmt: skip
