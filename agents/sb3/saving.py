"""A trained policy on disk: weights in safetensors, its shape in JSON, and how it is played.

SB3's own zip is not written: it holds pickles, which run code when they are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from ...errors import DataError, require
from ...files import atomic_write, read_text
from ..model_folder import write_model_folder
from .shape import Shape

WEIGHTS, SHAPE = "policy.safetensors", "policy.json"


def save_policy(policy: Any, shape: Shape, folder: Path, made: Mapping[str, Any]) -> None:
    """Write a policy to where `make_agent` finds it.

    Args:
        policy: SB3's.
        shape: What it was made of.
        folder: Where; made if need be.
        made: How it was trained, for people.
    """
    folder.mkdir(parents=True, exist_ok=True)
    save_weights(policy, folder / WEIGHTS)
    with atomic_write(folder / SHAPE) as stream:
        stream.write(shape.to_json())
    write_model_folder(folder, "sb3", made=made)


def save_weights(policy: Any, file: Path) -> None:
    """Write weights; those that two parts of a policy share, once."""
    with atomic_write(file) as stream:
        stream.write(require("safetensors.torch", "sb3").save(_weights(policy)))


def load_weights(policy: Any, file: Path) -> None:
    """Read weights into a policy of the same shape.

    Raises:
        DataError: If they are missing, damaged, or those of another.
    """
    if not file.is_file():
        raise DataError(f"No file {str(file)!r}: the folder holds no trained policy.")
    library = require("safetensors", "sb3")
    try:
        held = require("safetensors.torch", "sb3").load_file(file)
    except library.SafetensorError as error:
        raise DataError(f"{file}: not weights ({error}). Train or fetch it again.") from error
    own = _weights(policy)
    if {n: v.shape for n, v in held.items()} != {n: v.shape for n, v in own.items()}:
        raise DataError(f"{file} holds the weights of a policy of another shape. Train it again.")
    policy.load_state_dict(held, strict=False)  # what is shared stands there once


def read_shape(folder: Path) -> Shape:
    """Read what a policy is made of.

    Raises:
        DataError: If the file is missing or says something else.
    """
    file = folder / SHAPE
    try:
        return msgspec.json.decode(read_text(file), type=Shape)
    except msgspec.ValidationError as error:
        raise DataError(f"{file} describes no policy: {error}. Train it again.") from error
    except msgspec.DecodeError as error:
        raise DataError(f"{file}: not JSON ({error}). Train or fetch it again.") from error


def _weights(policy: Any) -> dict[str, Any]:
    """Return weights by name; actor and critic may share the extractor, which is named thrice."""
    return {
        name: value.detach().cpu().contiguous()
        for name, value in policy.state_dict().items()
        if not name.startswith(("pi_features_extractor.", "vf_features_extractor."))
    }
