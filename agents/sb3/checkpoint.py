"""Checkpoints: all that a stopped run needs to go on as if it had not stopped.

Episodes and random numbers begin anew after each checkpoint, by the seed and the step, whether the
run was stopped there or not: so there is nothing of them to keep.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from ...errors import require
from ..training.listeners import COMPLETE
from .saving import WEIGHTS, load_weights, save_weights

_OPTIMIZER = "optimizer.pt"


def save_checkpoint(folder: Path, policy: Any) -> None:
    """Write a checkpoint; what a killed run left there is replaced."""
    torch = require("torch", "sb3")
    part = folder.with_name(f"{folder.name}.part")
    for old in (part, folder):
        shutil.rmtree(old, ignore_errors=True)
    part.mkdir(parents=True)
    save_weights(policy, part / WEIGHTS)
    torch.save(policy.optimizer.state_dict(), part / _OPTIMIZER)
    (part / COMPLETE).touch()
    part.rename(folder)


def load_checkpoint(folder: Path, policy: Any) -> None:
    """Take up a checkpoint: tensors and numbers alone, no code.

    Raises:
        DataError: If it is of another policy.
    """
    torch = require("torch", "sb3")
    load_weights(policy, folder / WEIGHTS)
    held = torch.load(folder / _OPTIMIZER, map_location=policy.device, weights_only=True)
    policy.optimizer.load_state_dict(held)
