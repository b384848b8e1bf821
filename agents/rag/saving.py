"""A trained RAG on disk: towers and generator as their libraries write them, and how it is played.

```
FOLDER/
    rag.json               how the parts are used together
    towers/                question/, context/ and towers.json; the encoder of a dense retriever
    generator/             T5
    hopgym.json            the agent that plays it
```
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from ...errors import ConfigError, DataError
from ...files import atomic_write, parse_json, read_text
from ..model_folder import write_model_folder
from .settings import Variant

if TYPE_CHECKING:
    from .model import RagModel

SHAPE, TOWERS, GENERATOR = "rag.json", "towers", "generator"


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How the parts of a trained RAG are used."""

    variant: Variant = "token"
    n_docs: int = 5


def save_rag(model: RagModel, folder: Path, made: Mapping[str, Any]) -> None:
    """Write a model, and say how it is played.

    Args:
        model: All of it.
        folder: Where.
        made: How it was made, for people.
    """
    from .making import save_generator, save_towers

    folder.mkdir(parents=True, exist_ok=True)
    save_towers(model.towers, folder / TOWERS)
    save_generator(model.generator, folder / GENERATOR)
    shape = Shape(variant=model.variant, n_docs=model.n_docs)
    with atomic_write(folder / SHAPE) as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(asdict(shape)), indent=2) + b"\n")
    write_model_folder(folder, "rag", made=made)


def load_rag(folder: str | Path, device: str = "cpu") -> RagModel:
    """Load what `save_rag` wrote.

    Raises:
        ConfigError: If the folder holds no RAG.
        DataError: If it is damaged.
    """
    folder = Path(folder)
    shape = read_shape(folder)
    from .making import load_generator, load_towers
    from .model import RagModel

    towers = load_towers(folder / TOWERS, device)
    generator = load_generator(folder / GENERATOR, device)
    model = RagModel(towers, generator, variant=shape.variant, n_docs=shape.n_docs)
    return model.eval()


def read_shape(folder: str | Path) -> Shape:
    """Return how the parts of a folder's model are used.

    Raises:
        ConfigError: If the folder holds no RAG.
        DataError: If what it says cannot be read.
    """
    file = Path(folder) / SHAPE
    if not file.is_file():
        raise ConfigError(
            f"{str(folder)!r} holds no RAG: there is no {SHAPE}. Give the folder that "
            "`hopgym train rag` wrote."
        )
    said = parse_json(read_text(file), str(file))
    try:
        return msgspec.convert(said, Shape)
    except msgspec.ValidationError as error:
        raise DataError(f"{file} does not say how the model is used ({error}).") from error


def retriever_spec(folder: str | Path) -> str:
    """Return the name by which a trained RAG's towers are a retriever of any environment.

    Raises:
        ConfigError: If the folder holds no RAG.
    """
    from .making import encoder_spec

    return f"dense?encoder={quote(encoder_spec(Path(folder) / TOWERS), safe='/?=:')}"
