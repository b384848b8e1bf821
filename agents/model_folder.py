"""`hopgym.json`: what a folder with a trained model says of how it is played.

A trainer writes it beside the weights, so that the folder's path is all that a leaderboard needs:
`kind` is a registered agent with an option `model`, and `options` are the others that it is made
with. `made` is a record for people, and not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from ..errors import ConfigError, DataError
from ..files import atomic_write, parse_json, read_text
from ..retrieval.foreign import check_foreign

FILE = "hopgym.json"


class ModelFolder(NamedTuple):
    """How the model of a folder is played."""

    kind: str
    """The agent that plays it, by name."""
    options: dict[str, Any]
    """The agent's options, the folder itself among them."""


def read_model_folder(folder: str | Path) -> ModelFolder:
    """Return how the model of a folder is played.

    Raises:
        ConfigError: If the folder says nothing of it.
        DataError: If what it says cannot be read, or it names code, a server or a key.
    """
    file = Path(folder) / FILE
    if not file.is_file():
        raise ConfigError(
            f"{str(folder)!r} is a folder without a {FILE}, which says how it is played. For a "
            f"language model write 'llm?model={folder}'."
        )
    said = parse_json(read_text(file), str(file))
    kind = said.get("kind") if isinstance(said, dict) else None
    options = said.get("options", {}) if isinstance(said, dict) else None
    if not isinstance(kind, str) or not isinstance(options, dict):
        raise DataError(
            f'{file}: needs a "kind", the name of an agent, and may have "options", an object, '
            f'as in {{"kind": "llm", "options": {{"temperature": 0}}}}.'
        )
    check_foreign([kind, options], file)
    return ModelFolder(kind, {**options, "model": str(folder)})


def write_model_folder(
    folder: str | Path,
    kind: str,
    options: Mapping[str, Any] | None = None,
    made: Mapping[str, Any] | None = None,
) -> Path:
    """Say how the model of a folder is played, and return the file that says it.

    Args:
        folder: Where the model is.
        kind: The agent that plays it, by name.
        options: The agent's options, but for `model`.
        made: How the model was made, for people. Its `resume` is left out: a run that was stopped
            and gone on with leaves what it would have left at one go.
    """
    told = {name: value for name, value in (made or {}).items() if name != "resume"}
    said = {"kind": kind, "options": dict(options or {}), "made": told}
    file = Path(folder) / FILE
    with atomic_write(file) as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(said), indent=2) + b"\n")
    return file
