"""Randomness by path: the only way to get a random generator in hopgym.

Seeds are paths, never sums: `[seed, split, index]` names one stream, and no other path shares it.
Nothing here or elsewhere touches the global state of `random` or NumPy.
"""

from __future__ import annotations

import zlib

import numpy as np

from .errors import ConfigError


def rng_for(seed: int, *path: int | str) -> np.random.Generator:
    """Return the generator of one path.

    Args:
        seed: A whole number from 0.
        path: Numbers from 0 and names; a name stands for its CRC-32, the same in every process.

    >>> int(rng_for(7, "train", 3).integers(1000)) == int(rng_for(7, "train", 3).integers(1000))
    True
    """
    if seed < 0:
        raise ConfigError(f"A seed is a whole number from 0, not {seed}.")
    return np.random.default_rng([seed, *(_number(part) for part in path)])


def _number(part: int | str) -> int:
    return zlib.crc32(part.encode()) if isinstance(part, str) else part
