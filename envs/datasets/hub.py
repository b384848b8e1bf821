"""Question sets by name, through the `datasets` library: a hub's name or a local folder."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...errors import DataError, require

ENDPOINT = "https://huggingface.co"
PATIENCE = 5.0
"""Seconds to wait for the hub to say anything."""


def rows(name: str, config: str | None, split: str) -> Iterator[tuple[str, Any]]:
    """Yield `(place, record)` for each row of a split.

    Raises:
        MissingExtraError: If `datasets` is not installed.
        DataError: If the set cannot be had.
    """
    for number, row in enumerate(table(name, config, split), 1):
        yield f"{name} {split} row {number}", row


def table(name: str, config: str | None, split: str | None) -> Any:
    """Return a split as a table of `datasets`, which lies in a file until its rows are read.

    Without a split, all of them by name.

    Raises:
        MissingExtraError: If `datasets` is not installed.
        DataError: If the set cannot be had; the message says how to use a local file instead.
    """
    datasets = require("datasets", "hub")
    try:
        with _as_the_network_allows(datasets, name):
            return datasets.load_dataset(name, config or None, split=split)
    except (OSError, ValueError, RuntimeError, datasets.exceptions.DatasetsError) as error:
        raise DataError(
            f"{name} ({config or 'default'}, {split or 'all splits'}) could not be loaded: {error}. Without a "
            "network, download its file once and pass path=FILE."
        ) from error


def reachable() -> bool:
    """Whether the hub, or the mirror that `HF_ENDPOINT` names, answers at all."""
    try:
        request = urllib.request.Request(os.environ.get("HF_ENDPOINT") or ENDPOINT, method="HEAD")
        urllib.request.urlopen(request, timeout=PATIENCE).close()
    except urllib.error.HTTPError:
        return True  # it answered
    except (OSError, ValueError):
        return False
    return True


@contextmanager
def _as_the_network_allows(datasets: Any, name: str) -> Iterator[None]:
    """Work from the cache alone where the hub cannot be reached.

    Otherwise the library asks again and again, for half a minute and with a warning each time.
    """
    constants: Any = require("huggingface_hub.constants", "hub")
    before = (constants.HF_HUB_OFFLINE, datasets.config.HF_HUB_OFFLINE)
    if not any(before) and not Path(name).exists() and not reachable():
        constants.HF_HUB_OFFLINE = datasets.config.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE, datasets.config.HF_HUB_OFFLINE = before
