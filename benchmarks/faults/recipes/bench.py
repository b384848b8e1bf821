"""`hopgym bench`: episodes as lines of results."""

from __future__ import annotations

from ..artefact import Omission
from ..recipe import Recipe

RECIPES = (
    Recipe(
        name="bench",
        summary="2,400 episodes of two agents",
        command=(
            "hopgym", "bench", "--envs", "hopgym/SearchRead-v0",
            "--questions", "world?entities=300&test=120", "--agents", "iterative,random",
            "--seeds", "0,1,2,3,4,5,6,7,8,9", "--out", "{out}",
        ),
        omissions=(
            Omission("*.jsonl", "clock times; the folder in the command", ("latency_s", "command")),
        ),
    ),
)  # fmt: skip
