"""A trained D-RAG on disk: weights in safetensors, its shape in JSON, and how it is played.

```
FOLDER/
    drag.json              what it is made of
    retriever.safetensors
    projector.safetensors  after phase 2, as is what follows
    generator/             its adapter, or all of it
    hopgym.json            the agent that plays it
```
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec

from ...errors import ConfigError, DataError, require
from ...files import atomic_write, parse_json, read_text
from ..model_folder import write_model_folder

SHAPE, RETRIEVER, PROJECTOR, GENERATOR = (
    "drag.json",
    "retriever.safetensors",
    "projector.safetensors",
    "generator",
)


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What a trained D-RAG is made of, and how it is used."""

    retriever: Mapping[str, Any]
    """The fields of `RetrieverSettings`."""
    encoder: str = "minilm"
    max_facts: int = 256
    k_facts: int = 100
    threshold: float = 0.01
    vectors: bool = False
    """Whether a vector stands before each fact; a cascade's generator reads text alone."""
    projector_dim: int = 4096
    scale: float = 0.0
    """The length of the vectors; 0 for as the projector gives them."""
    max_new_tokens: int = 64


def save_weights(module: Any, file: Path) -> None:
    """Write a module's weights."""
    save = require("safetensors.torch", "llm").save
    weights = {
        name: value.detach().contiguous().cpu() for name, value in module.state_dict().items()
    }
    with atomic_write(file) as stream:
        stream.write(save(weights))


def load_weights(module: Any, file: Path) -> None:
    """Read a module's weights.

    Raises:
        DataError: If they are not there, or another module's.
    """
    library = require("safetensors.torch", "llm")
    try:
        weights = library.load_file(file)
        module.load_state_dict(weights)
    except Exception as error:  # safetensors raises errors of its own for damaged files
        why = " ".join(str(error).split())[:200]
        raise DataError(
            f"{file} does not hold the weights of this D-RAG ({why}). Train it again, or name the "
            "folder that `hopgym train drag` wrote."
        ) from error


def save_shape(shape: Shape, folder: Path, made: Mapping[str, Any]) -> None:
    """Say what a folder's model is made of, and how it is played."""
    with atomic_write(folder / SHAPE) as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(asdict(shape)), indent=2) + b"\n")
    write_model_folder(folder, "drag", made=made)


def read_shape(folder: str | Path) -> Shape:
    """Return what a folder's model is made of.

    Raises:
        ConfigError: If the folder holds no D-RAG.
        DataError: If what it says cannot be read.
    """
    file = Path(folder) / SHAPE
    if not file.is_file():
        raise ConfigError(
            f"{str(folder)!r} holds no D-RAG: there is no {SHAPE}. Give the folder that "
            "`hopgym train drag` wrote."
        )
    said = parse_json(read_text(file), str(file))
    try:
        return msgspec.convert(said, Shape)
    except msgspec.ValidationError as error:
        raise DataError(f"{file} does not say what the model is made of ({error}).") from error
