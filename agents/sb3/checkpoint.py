"""Checkpoints: all that a stopped run needs to go on as if it had not stopped.

Episodes and random numbers begin anew after each checkpoint, by the seed and the step, whether the
run was stopped there or not: so there is nothing of them to keep.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..training.checkpoint import load_state, readable, save_state, written
from .saving import WEIGHTS, load_weights, save_weights

_OPTIMIZER = "optimizer.pt"


def save_checkpoint(folder: Path, policy: Any, updates: int = 0) -> None:
    """Write a checkpoint; one that stands there is replaced when all is written.

    Args:
        folder: Where.
        policy: SB3's.
        updates: What SB3 counts of its passes over the data, for the journal.
    """
    with written(folder) as part:
        save_weights(policy, part / WEIGHTS)
        save_state({**policy.optimizer.state_dict(), "updates": updates}, part / _OPTIMIZER)


def load_checkpoint(folder: Path, policy: Any) -> int:
    """Take up a checkpoint, tensors and numbers alone, no code; return its count of updates.

    Raises:
        DataError: If it is of another policy, or damaged.
    """
    load_weights(policy, folder / WEIGHTS)
    held = load_state(folder / _OPTIMIZER, policy.device)
    with readable(folder / _OPTIMIZER):
        updates = int(held.pop("updates", 0))
        policy.optimizer.load_state_dict(held)
    return updates
