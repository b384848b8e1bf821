"""Checkpoints: all that a stopped run needs to go on as if it had not stopped.

Weights that are trained stand in safetensors; what the optimizer remembers is read back as tensors
and numbers alone.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import msgspec

from ...errors import DataError, require
from ...files import atomic_write
from ..training.listeners import COMPLETE
from .actor import Actor
from .learner import Learner

_WEIGHTS, _HEAD, _OPTIMIZER, _STATE = (
    "weights.safetensors", "head.safetensors", "optimizer.pt", "state.json",
)  # fmt: skip


def save_checkpoint(folder: Path, learner: Learner, state: Any) -> None:
    """Write a checkpoint.

    Args:
        folder: Where; what a killed run left there is replaced.
        learner: Whose weights.
        state: Anything else, of plain values.
    """
    torch = require("torch", "llm")
    save_file = require("safetensors.torch", "llm").save_file
    part = folder.with_name(f"{folder.name}.part")
    for old in (part, folder):
        shutil.rmtree(old, ignore_errors=True)
    part.mkdir(parents=True)
    actor = learner.actor
    save_file(_trained(actor), part / _WEIGHTS)
    if actor.head is not None:
        save_file({n: v.contiguous() for n, v in actor.head.state_dict().items()}, part / _HEAD)
    torch.save(learner.optimizer.state(), part / _OPTIMIZER)
    with atomic_write(part / _STATE) as stream:
        stream.write(msgspec.json.encode(state))
    (part / COMPLETE).touch()
    part.rename(folder)


def load_checkpoint(folder: Path, learner: Learner) -> Any:
    """Take up a checkpoint; return what else was kept with it.

    Raises:
        DataError: If it is of another model.
    """
    torch = require("torch", "llm")
    load_file = require("safetensors.torch", "llm").load_file
    actor = learner.actor
    held, trained = load_file(folder / _WEIGHTS), _parameters(actor)
    if {name: value.shape for name, value in held.items()} != {
        name: value.shape for name, value in trained.items()
    }:
        raise DataError(f"{folder} is the checkpoint of another model. Give another --output_dir.")
    with torch.no_grad():
        for name, weights in trained.items():
            weights.copy_(held[name])
    if actor.head is not None:
        actor.head.load_state_dict(load_file(folder / _HEAD))
    place = actor.device
    learner.optimizer.restore(
        torch.load(folder / _OPTIMIZER, map_location=place, weights_only=True)
    )
    return msgspec.json.decode((folder / _STATE).read_bytes())


def _parameters(actor: Actor) -> dict[str, Any]:
    named = actor.model.named_parameters()
    return {name: weights for name, weights in named if weights.requires_grad}


def _trained(actor: Actor) -> dict[str, Any]:
    return {name: weights.detach().contiguous() for name, weights in _parameters(actor).items()}
