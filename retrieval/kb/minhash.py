r"""Alike texts, found without comparing each with each: MinHash and banding, in NumPy.

Texts are sets of three-word shingles; their likeness is the Jaccard similarity of the sets.
MinHash signatures (Broder, "On the resemblance and containment of documents", 1997), cut into
bands (Indyk and Motwani, 1998), name candidates; each candidate is then compared exactly, so that
what is found is never less alike than asked. Of pairs exactly at the threshold at least 99 % are
found, and of more alike ones more.

Own code rather than a library: it is short, it is the same in every process and version, and it
checks its candidates.
"""

from __future__ import annotations

import re
import zlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ...errors import ConfigError
from ...seeding import rng_for

PERMUTATIONS = 128
SHINGLE = 3
_FOUND = 0.99  # the share of pairs at the threshold that must become candidates
_WORD = re.compile(r"\w+")
_BLOCK = 4_096  # shingles hashed at a time: bounds the memory of a long text
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64)

Shingles = NDArray[np.uint64]


class MinHashIndex:
    """Texts that can be asked for one alike.

    Args:
        threshold: The Jaccard similarity from which texts are alike, above 0 and up to 1.

    Raises:
        ConfigError: If the threshold is out of its range.

    >>> index = MinHashIndex(0.7)
    >>> index.add("a", "Ada wrote the first program for a machine that was never built.")
    >>> index.find("Ada wrote the first program for a machine that was never made.")
    'a'
    >>> index.find("Something else entirely is written here, about the weather.") is None
    True
    """

    def __init__(self, threshold: float) -> None:
        if not 0 < threshold <= 1:
            raise ConfigError(
                f"near-duplicates is {threshold}; give a similarity above 0 and up to 1, "
                "such as 0.9."
            )
        self.threshold = threshold
        self.bands, self.rows = bands_for(threshold)
        rng = rng_for(0, "minhash")
        count = self.bands * self.rows
        self._factors = rng.integers(1 << 64, size=(count, 1), dtype=np.uint64) | np.uint64(1)
        self._shifts = rng.integers(1 << 64, size=(count, 1), dtype=np.uint64)
        self._weights = rng.integers(1 << 64, size=(self.rows, 1), dtype=np.uint64) | np.uint64(1)
        self._ids: list[str] = []
        self._shingles: list[Shingles] = []
        self._places: dict[tuple[str, int], int | list[int]] = {}
        self._prints = lru_cache(maxsize=1_024)(self._prints_of)  # a text is asked for, then added

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, id: str, text: str, group: str = "") -> None:
        """Take a text up under an id; only texts of the same group are ever alike."""
        shingles, keys = self._prints(text)
        place = len(self._ids)
        self._ids.append(id)
        self._shingles.append(shingles)
        for key in keys:
            old = self._places.setdefault((group, key), place)
            if isinstance(old, list):
                old.append(place)
            elif old != place:
                self._places[group, key] = [old, place]

    def find(self, text: str, group: str = "") -> str | None:
        """Return the id of the first text taken up that is alike, or None."""
        shingles, keys = self._prints(text)
        candidates: set[int] = set()
        for key in keys:
            places = self._places.get((group, key))
            if places is not None:
                candidates.update(places if isinstance(places, list) else (places,))
        for place in sorted(candidates):
            if jaccard(shingles, self._shingles[place]) >= self.threshold:
                return self._ids[place]
        return None

    def _prints_of(self, text: str) -> tuple[Shingles, list[int]]:
        """Return a text's shingles, and one key for each band of its signature."""
        shingles = shingles_of(text)
        if not len(shingles):
            return shingles, []
        signature = np.full(len(self._factors), np.iinfo(np.uint64).max, dtype=np.uint64)
        for start in range(0, len(shingles), _BLOCK):
            hashes = self._factors * shingles[start : start + _BLOCK] + self._shifts
            np.minimum(signature, hashes.min(axis=1), out=signature)
        keys = (signature.reshape(self.bands, self.rows) @ self._weights).ravel()
        keys += np.arange(self.bands, dtype=np.uint64) * _MIX[0]
        return shingles, _mixed(keys).tolist()


def bands_for(threshold: float) -> tuple[int, int]:
    """Return how many bands of how many rows: the fewest candidates that miss next to nothing.

    >>> bands_for(0.9)
    (12, 10)
    """
    for rows in range(PERMUTATIONS, 1, -1):
        bands = PERMUTATIONS // rows
        if 1 - (1 - threshold**rows) ** bands >= _FOUND:
            return bands, rows
    return PERMUTATIONS, 1


def shingles_of(text: str) -> Shingles:
    """Return the hashes of a text's shingles, each once, in order. Case and marks do not count."""
    words = [zlib.crc32(word.encode()) for word in _WORD.findall(text.lower())]
    hashes = np.array(words, dtype=np.uint64)
    width = min(SHINGLE, len(words))
    if not width:
        return hashes
    rolled = np.zeros(len(words) - width + 1, dtype=np.uint64)
    for offset in range(width):
        rolled += hashes[offset : offset + len(rolled)] * _MIX[offset]
    return np.unique(_mixed(rolled))


def jaccard(first: Shingles, second: Shingles) -> float:
    """Return the similarity of two sets of shingles; nothing is alike to an empty one.

    >>> jaccard(shingles_of("a b c d"), shingles_of("a b c"))
    0.5
    """
    shared = len(np.intersect1d(first, second, assume_unique=True))
    together = len(first) + len(second) - shared
    return shared / together if together else 0.0


def _mixed(values: Shingles) -> Shingles:
    """Spread the bits of hashes (the finaliser of splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
