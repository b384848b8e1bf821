"""Checkpoints: all that a stopped run needs to go on as if it had not stopped.

Weights that are trained stand in safetensors; what the optimizer remembers is read back as tensors
and numbers alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from ...errors import DataError, require
from ...files import atomic_write
from ..training.checkpoint import load_state, readable, save_state, written
from .actor import Actor
from .learner import Learner

_WEIGHTS, _HEAD, _OPTIMIZER, _STATE = (
    "weights.safetensors", "head.safetensors", "optimizer.pt", "state.json",
)  # fmt: skip


def save_checkpoint(folder: Path, learner: Learner, state: Any) -> None:
    """Write a checkpoint.

    Args:
        folder: Where; one that stands there is replaced when all is written.
        learner: Whose weights.
        state: Anything else, of plain values.
    """
    save_file = require("safetensors.torch", "llm").save_file
    actor = learner.actor
    with written(folder) as part:
        save_file(_trained(actor), part / _WEIGHTS)
        if actor.head is not None:
            head = actor.head.state_dict()
            save_file({n: v.contiguous() for n, v in head.items()}, part / _HEAD)
        save_state(learner.optimizer.state(), part / _OPTIMIZER)
        with atomic_write(part / _STATE) as stream:
            stream.write(msgspec.json.encode(state))


def load_checkpoint(folder: Path, learner: Learner) -> Any:
    """Take up a checkpoint; return what else was kept with it.

    Raises:
        DataError: If it is of another model, or damaged.
    """
    torch = require("torch", "llm")
    load_file = require("safetensors.torch", "llm").load_file
    actor = learner.actor
    with readable(folder / _WEIGHTS):
        held, trained = load_file(folder / _WEIGHTS), _parameters(actor)
    if {name: value.shape for name, value in held.items()} != {
        name: value.shape for name, value in trained.items()
    }:
        raise DataError(f"{folder} is the checkpoint of another model. Give another --output_dir.")
    with torch.no_grad():
        for name, weights in trained.items():
            weights.copy_(held[name])
    if actor.head is not None:
        with readable(folder / _HEAD):
            actor.head.load_state_dict(load_file(folder / _HEAD))
    kept = load_state(folder / _OPTIMIZER, actor.device)
    with readable(folder / _OPTIMIZER):
        learner.optimizer.restore(kept)
    with readable(folder / _STATE):
        return msgspec.json.decode((folder / _STATE).read_bytes())


def _parameters(actor: Actor) -> dict[str, Any]:
    named = actor.model.named_parameters()
    return {name: weights for name, weights in named if weights.requires_grad}


def _trained(actor: Actor) -> dict[str, Any]:
    return {name: weights.detach().contiguous() for name, weights in _parameters(actor).items()}
