"""A trained compressor on disk: weights in safetensors, its shape in JSON, and how it is played.

```
FOLDER/
    compress.json            what it is made of
    decoder/                 the causal language model and its tokenizer
    encoder/                 the encoder of chunks, unless it is a frozen one
    projector.safetensors
    policy.safetensors
    hopgym.json              the agent that plays it
```
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec
import torch
from torch import nn

from ...errors import ConfigError, DataError
from ...files import atomic_write, fingerprint, parse_json, read_text
from ...retrieval.encoders import make_encoder
from ...retrieval.foreign import check_foreign
from ..drag.saving import load_weights, save_weights
from ..llm.loading import check_model, files_fingerprint, load_model
from ..model_folder import write_model_folder
from ..training.policy import save_policy
from .encoder import load_encoder
from .model import Compressor, Shape

SHAPE, DECODER, ENCODER = "compress.json", "decoder", "encoder"
PROJECTOR, POLICY = "projector.safetensors", "policy.safetensors"


def save_compressor(compressor: Compressor, folder: Path, made: Mapping[str, Any]) -> None:
    """Write all of it.

    Args:
        compressor: What is written.
        folder: Where.
        made: How it was made, for people.
    """
    folder.mkdir(parents=True, exist_ok=True)
    save_policy(compressor.decoder, compressor.tokenizer, folder / DECODER)
    compressor.encoder.save(folder / ENCODER)
    save_weights(compressor.projector, folder / PROJECTOR)
    save_weights(compressor.policy, folder / POLICY)
    with atomic_write(folder / SHAPE) as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(compressor.made_of()), indent=2))
    write_model_folder(folder, "compress", made=made)


def load_compressor(
    folder: str | Path,
    device: str | None = None,
    *,
    dtype: Any = "float32",
    encoder: str | None = None,
) -> Compressor:
    """Load what `hopgym train compress` wrote.

    Args:
        folder: Where.
        device: Where it is computed; None for the best there is.
        dtype: The decoder's numbers.
        encoder: The frozen encoder, where it is of the caller's own code: no folder says what runs.

    Raises:
        ConfigError: If the folder holds no compressor.
        DataError: If it is damaged.
    """
    folder, shape = Path(folder), read_shape(folder, encoder)
    place = device or ("cuda" if torch.cuda.is_available() else "cpu")
    decoder, tokenizer = load_model(check_model(folder / DECODER), dtype=dtype, device=place)
    reader = load_encoder(shape.encoder, folder / ENCODER)
    compressor = Compressor(decoder, tokenizer, reader, shape)
    _load(compressor.projector, folder / PROJECTOR)
    _load(compressor.policy, folder / POLICY)
    return compressor.to(place).eval()


def read_shape(folder: str | Path, encoder: str | None = None) -> Shape:
    """Return what a folder's compressor is made of.

    Args:
        folder: Where.
        encoder: The encoder that the caller names; of another, the folder may name no code.

    Raises:
        ConfigError: If the folder holds none.
        DataError: If what it says cannot be read, or names code.
    """
    file = Path(folder) / SHAPE
    if not file.is_file():
        raise ConfigError(
            f"{str(folder)!r} holds no compressor: there is no {SHAPE}. Give the folder that "
            "`hopgym train compress` wrote."
        )
    said = parse_json(read_text(file), str(file))
    try:
        shape = msgspec.convert(said, Shape)
    except msgspec.ValidationError as error:
        raise DataError(f"{file} does not say what the model is made of ({error}).") from error
    if shape.encoder != encoder:
        check_foreign(shape.encoder, file)
    return shape


def vectors_fingerprint(folder: str | Path, encoder: str | None = None) -> str:
    """Return what names the vectors that a folder's compressor makes of chunks.

    Encoder, projector, tokenizer and k count; the decoder's own weights and the policy do not: they
    change no vector. `encoder` is as in `read_shape`.
    """
    folder = Path(folder)
    shape = read_shape(folder, encoder)
    file = folder / PROJECTOR
    if not file.is_file():
        raise DataError(f"{folder} has no {PROJECTOR}. Train it again, or name another folder.")
    told: list[Any] = [shape.k, shape.encoder, shape.scale]
    told.append(hashlib.sha256(file.read_bytes()).hexdigest())
    own = (folder / ENCODER).is_dir()
    told.append(files_fingerprint(folder / ENCODER) if own else _frozen(shape.encoder))
    return fingerprint([*told, read_text(folder / DECODER / "tokenizer.json")])


def answers_fingerprint(folder: str | Path, encoder: str | None = None) -> str:
    """Return what names a folder's compressor as a whole: its vectors, policy, decoder and shape."""
    folder, said = Path(folder), asdict(read_shape(folder, encoder))
    file = folder / POLICY
    if not file.is_file():
        raise DataError(f"{folder} has no {POLICY}. Train it again, or name another folder.")
    policy = hashlib.sha256(file.read_bytes()).hexdigest()
    return fingerprint(
        [vectors_fingerprint(folder, encoder), policy, files_fingerprint(folder / DECODER), said]
    )


def _frozen(spec: str) -> str:
    return make_encoder(spec).fingerprint


def _load(module: nn.Module, file: Path) -> None:
    try:
        load_weights(module, file)
    except DataError as error:
        raise DataError(
            f"{file} does not hold the weights of this compressor. Train it again, or name the "
            "folder that `hopgym train compress` wrote."
        ) from error
