"""Randomness by path: the only way to get a random generator in hopgym.

Seeds are paths, never sums: `[seed, split, index]` names one stream, and no other path shares it
(a path is hashed with SHA-256, numbers and names apart). Nothing here or elsewhere touches the
global state of `random` or NumPy.
"""

from __future__ import annotations

import hashlib
import json

import numpy as np

from .errors import ConfigError


def rng_for(seed: int, *path: int | str) -> np.random.Generator:
    """Return the generator of one path.

    Args:
        seed: A whole number from 0.
        path: Numbers from 0, and names.

    Raises:
        ConfigError: If a number is below 0.

    >>> int(rng_for(7, "train", 3).integers(1000)) == int(rng_for(7, "train", 3).integers(1000))
    True
    """
    numbers = [part for part in (seed, *path) if not isinstance(part, str)]
    if min(numbers) < 0:
        raise ConfigError(f"A seed is a whole number from 0, not {min(numbers)}.")
    name = json.dumps([part if isinstance(part, str) else int(part) for part in (seed, *path)])
    digest = hashlib.sha256(name.encode()).digest()
    return np.random.default_rng(np.frombuffer(digest, dtype="<u4"))
