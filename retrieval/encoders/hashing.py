"""Vectors by hashing words: no model, no download, the same in every process.

The feature hashing of Weinberger et al. (ICML 2009): a word adds plus or minus its weight to one
place, both chosen by its hash, so that inner products of texts are right on average. It knows
words and no meanings. For tests, for trying things out, and as a floor for real encoders.
"""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ...core import Document
from ...errors import ConfigError
from .base import Vectors, passage, readable, settings_fingerprint, unit

_WORD = re.compile(r"\w+")


class HashingEncoder:
    """Encodes texts by the words in them.

    Args:
        dim: How long the vectors are; words that share a place get confused, so more is better.
        normalize: Whether to bring them to length 1.

    Raises:
        ConfigError: If `dim` is no whole number from 1.

    >>> encoder = HashingEncoder(dim=64)
    >>> ada, bob = encoder.encode_queries(["Ada wrote", "Bob"])
    >>> (document,) = encoder.encode_documents([Document("a", "Ada", "wrote programs")])
    >>> bool(ada @ document > bob @ document)
    True
    """

    def __init__(self, *, dim: int = 256, normalize: bool = True) -> None:
        if isinstance(dim, bool) or not isinstance(dim, int) or dim < 1:
            raise ConfigError(f"dim is {dim!r}; give a whole number from 1, such as 256.")
        self.dim = dim
        self.settings: Mapping[str, Any] = {
            "encoder": "hashing",
            "dim": dim,
            "normalize": bool(normalize),
        }
        self.fingerprint = settings_fingerprint(self.settings)

    @property
    def spec(self) -> str:
        """What `make_encoder` makes this encoder of."""
        normalize = str(self.settings["normalize"]).lower()
        return f"hashing?dim={self.dim}&normalize={normalize}"

    def encode_queries(self, queries: Sequence[str]) -> Vectors:
        """Return a vector for each query; one without words is all zeros."""
        return self._encode(queries, len(queries))

    def encode_documents(self, documents: Sequence[Document]) -> Vectors:
        """Return a vector for each document's title and text."""
        return self._encode(map(passage, documents), len(documents))

    def _encode(self, texts: Iterable[str], count: int) -> Vectors:
        vectors = np.zeros((count, self.dim), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for word, times in Counter(_WORD.findall(readable(text).lower())).items():
                digest = zlib.crc32(word.encode())
                weight = 1 + math.log(times)
                row[(digest >> 1) % self.dim] += weight if digest & 1 else -weight
        return unit(vectors) if self.settings["normalize"] else vectors

    def __repr__(self) -> str:
        return f"HashingEncoder(dim={self.dim})"
