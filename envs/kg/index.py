"""Facts grouped by a key: what makes the neighbours of an entity a slice and not a search."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int32]
"""Ids of facts, entities or relations."""


class Index(NamedTuple):
    """Facts grouped by a key, as compressed rows: group k is `facts[offsets[k]:offsets[k + 1]]`."""

    offsets: Ids
    """Where each group begins; one more than there are keys."""
    facts: Ids
    """Fact ids, within a group in their order."""

    def of(self, key: int) -> Ids:
        """Return the facts of one key, without a copy."""
        return self.facts[self.offsets[key] : self.offsets[key + 1]]

    def of_all(self, keys: npt.ArrayLike) -> Ids:
        """Return the facts of several keys, one group after the other."""
        wanted = np.asarray(keys, np.int64).ravel()
        starts, sizes = self.offsets[wanted], self.degrees[wanted]
        ends = np.cumsum(sizes)
        # the place of each fact: its place in the result, moved by where its group begins
        moved = np.repeat(starts - (ends - sizes), sizes)
        return self.facts[moved + np.arange(len(moved))]

    @property
    def degrees(self) -> Ids:
        """How many facts each key has."""
        return np.diff(self.offsets)


def grouped(keys: Ids, count: int) -> Index:
    """Group places 0, 1, .. by the key that stands at each; keys are below `count`."""
    offsets = np.zeros(count + 1, np.int32)
    np.cumsum(np.bincount(keys, minlength=count), out=offsets[1:])
    # of short numbers numpy sorts by radix, which is several times quicker
    short = keys.astype(np.uint16) if count <= 1 << 16 else keys
    facts = np.argsort(short, kind="stable").astype(np.int32)
    for array in (offsets, facts):
        array.flags.writeable = False
    return Index(offsets, facts)
