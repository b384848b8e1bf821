"""Question sets by name, through the `datasets` library: a hub's name or a local folder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...errors import DataError, require


def rows(name: str, config: str | None, split: str) -> Iterator[tuple[str, Any]]:
    """Yield `(place, record)` for each row of a split.

    Raises:
        MissingExtraError: If `datasets` is not installed.
        DataError: If the set cannot be had; the message says how to use a local file instead.
    """
    datasets = require("datasets", "hub")
    try:
        table = datasets.load_dataset(name, config or None, split=split)
    except (OSError, ValueError, RuntimeError, datasets.exceptions.DatasetsError) as error:
        raise DataError(
            f"{name} ({config or 'default'}, {split}) could not be loaded: {error}. Without a "
            "network, download its file once and pass path=FILE."
        ) from error
    for number, row in enumerate(table, 1):
        yield f"{name} {split} row {number}", row
