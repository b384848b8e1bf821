"""What a saved dense index says of itself, and what of it must fit together.

The manifest names the encoder with everything that changes a vector. Another one is refused:
queries would be compared with vectors of another space, and every score would be noise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError
from .encoders import ENCODERS, Encoder, make_encoder
from .encoders.base import PLACES
from .faiss_index import FaissIndex
from .foreign import check_foreign
from .options import split_options
from .saved import CURE, Manifest
from .vectors import FlatIndex, VectorIndex


def versions() -> dict[str, str]:
    """Return the libraries that write an index."""
    found = {"numpy": np.__version__}
    for package in ("faiss-cpu", "sentence-transformers", "transformers", "torch"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def restored_settings(manifest: Manifest, folder: str | Path) -> dict[str, Any]:
    """Return the settings of a saved index that its retriever keeps."""
    kinds = {"index": str, "tuning": str, "normalize": bool}
    settings = {name: manifest.settings.get(name) for name in kinds}
    for name, kind in kinds.items():
        if not isinstance(settings[name], kind):
            raise DataError(f"{folder}: the manifest's {name!r} is {settings[name]!r}. {CURE}")
    return settings


def restored_index(data: Path, manifest: Manifest, mmap: bool) -> VectorIndex:
    """Open a saved index's vectors, which must be as many and as long as its manifest says."""
    settings = manifest.settings
    index: VectorIndex
    if settings["index"] == "flat":
        flat = FlatIndex.read(data, _longest(settings, data), mmap)
        index, dim = flat, flat.vectors.shape[1]
    else:
        other = FaissIndex.read(data, settings["tuning"], mmap)
        index, dim = other, other.dim
    if len(index) != manifest.documents or dim != settings.get("dim"):
        raise DataError(
            f"{data}: holds {len(index)} vectors of {dim} dimensions, not {manifest.documents} of "
            f"{settings.get('dim')}. {CURE}"
        )
    return index


def _longest(settings: Mapping[str, Any], data: Path) -> float:
    longest = settings.get("longest")
    if isinstance(longest, int | float) and math.isfinite(longest):
        return float(longest)
    raise DataError(f"{data}: the manifest's 'longest' is {longest!r}. {CURE}")


def restored_encoder(
    given: str | Path | Encoder | None, manifest: Manifest, folder: str | Path
) -> Encoder:
    """Return the encoder of a saved index: the one given, or the one that it names.

    Raises:
        DataError: If it is not the one that the index was built with.
    """
    if given is None:
        given = _named_encoder(manifest, folder)
    encoder = make_encoder(given)
    if encoder.fingerprint != manifest.settings.get("encoder_fingerprint"):
        differ = differences(manifest.settings.get("encoder_settings"), encoder.settings)
        raise DataError(
            f"{folder}: was indexed with another encoder than {encoder!r}; they differ in {differ}. "
            "Give the encoder that it was indexed with, or build the index again with this one."
        )
    return encoder


def _named_encoder(manifest: Manifest, folder: str | Path) -> str:
    """Return the encoder's spec. A file must not choose what code runs: only registered ones."""
    spec = manifest.settings.get("encoder")
    if isinstance(spec, str) and split_options(spec)[0] in ENCODERS:
        check_foreign(spec, folder)  # its options may name more
        return spec
    raise DataError(
        f"{folder}: was indexed with an encoder of your own. Open it with "
        f'`DenseRetriever.load("{folder}", encoder=...)`.'
    )


def differences(was: object, now: Mapping[str, Any]) -> str:
    """Name the settings that differ; where the files lie comes last and only for the reader."""
    was = was if isinstance(was, Mapping) else {}
    names = sorted({*was, *now}, key=lambda name: (name in PLACES, name))
    found = [
        f"{name} ({was.get(name)!r} there, {now.get(name)!r} here)"
        for name in names
        if was.get(name) != now.get(name)
    ]
    return ", ".join(found) or "nothing that its settings name"
