"""A universe: entities, and for every relation the tail of each head, as arrays.

Integers only; names stand apart. It knows facts and nothing of documents or questions.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from ....seeding import rng_for
from .config import WorldConfig
from .names import make_names
from .relations import BY_NAME, KINDS, RELATIONS, Relation

Ints = np.ndarray[Any, np.dtype[np.int64]]


class Universe:
    """All entities and facts of a world.

    Args:
        config: The dials; `entities` and `seed` count here.
    """

    def __init__(self, config: WorldConfig) -> None:
        self.seed = config.seed
        self.counts = _counts(config.entities)
        self.starts: dict[str, int] = dict(
            zip(self.counts, np.cumsum([0, *self.counts.values()])[:-1].tolist(), strict=True)
        )
        self.size = sum(self.counts.values())
        pairs = list(make_names(self.counts, config.seed))
        self.names = [name for name, _ in pairs]
        self.aliases = [alias for _, alias in pairs]
        self.kinds: list[str] = [kind for kind, count in self.counts.items() for _ in range(count)]
        self._tails = {relation.name: self._draw(relation) for relation in RELATIONS}

    def _draw(self, relation: Relation) -> list[int]:
        rng = rng_for(self.seed, "facts", relation.name)
        heads = self.counts[relation.head]
        if relation.span is not None:
            numbers = rng.integers(relation.span[0], relation.span[1] + 1, heads)
            return [int(number) for number in numbers]
        start, count = self.starts[relation.tail], self.counts[relation.tail]
        tails = rng.integers(0, count, heads) + start
        own = np.arange(heads) + self.starts[relation.head]
        # Nobody is their own mentor: who drew themselves takes the next.
        tails = np.where(tails == own, start + (tails - start + 1) % count, tails)
        return [int(tail) for tail in tails]

    def tail(self, relation: str, head: int) -> int:
        """Return the tail of a head: an entity, or a number."""
        return self._tails[relation][head - self.starts[BY_NAME[relation].head]]

    def text(self, relation: Relation, tail: int) -> str:
        """Return a tail as it is written."""
        return str(tail) if relation.span is not None else self.names[tail]

    def heads(self, relation: str, tail: int) -> list[int]:
        """Return all heads that have this tail, in order."""
        order, bounds, first = self._inverse[relation]
        at = tail - first
        return order[bounds[at] : bounds[at + 1]]

    def entities(self, kind: str) -> range:
        """Return the entities of a type."""
        return range(self.starts[kind], self.starts[kind] + self.counts[kind])

    @cached_property
    def _inverse(self) -> dict[str, tuple[list[int], list[int], int]]:
        """For each relation to entities: heads sorted by tail, where each tail begins."""
        inverse = {}
        for relation in RELATIONS:
            if relation.span is None:
                start, count = self.starts[relation.tail], self.counts[relation.tail]
                tails = np.asarray(self._tails[relation.name]) - start
                order = np.argsort(tails, kind="stable") + self.starts[relation.head]
                bounds = np.concatenate([[0], np.cumsum(np.bincount(tails, minlength=count))])
                inverse[relation.name] = (order.tolist(), bounds.tolist(), start)
        return inverse


def _counts(entities: int) -> dict[str, int]:
    """Share the entities out over the types, at least three each."""
    return {kind.name: max(3, round(kind.share * entities)) for kind in KINDS}
