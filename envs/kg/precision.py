"""The precision of a relation path: of all that it leads to from its topic, how much is an answer.

"born in, then capital of" may reach the answer by accident and a thousand other places besides; SR
(Zhang et al., ACL 2022) and UniKGQA (Jiang et al., ICLR 2023) drop such paths below 0.1. What a
relation path leads to is all that it reaches as a query, from one topic, in the whole graph.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ...errors import DataError
from .index import Index, grouped
from .side import Mask, Side

MOST = 100_000
"""Relation paths of one topic, complete or not, before it is given up."""


@dataclass(frozen=True, slots=True)
class _Layer:
    """The arcs that a relation path takes at its last step, and what it reaches as a query."""

    arcs: list[int]
    reached: npt.NDArray[np.int64]
    before: _Layer | None = None
    length: int = 1


def precise_arcs(side: Side, topic: int, arcs: Mask, least: float) -> Mask:
    """Return the arcs that lie on a path whose relations are precise enough.

    Args:
        side: The graph's side.
        topic: Which of the side's topics the paths begin at.
        arcs: The arcs on any path that counts from that topic.
        least: The least precision, above 0 and up to 1.

    Raises:
        DataError: If there are more than 100,000 relation paths.
    """
    walk = _Walk(side, topic, arcs)
    kept = np.zeros(len(arcs), bool)
    stack = walk.first()
    while stack:
        layer = stack.pop()
        last = walk.arriving(layer)
        if last and walk.precision(layer) >= least:
            kept[walk.traced(layer, last)] = True
        stack += walk.onward(layer)
    return kept


@dataclass
class _Walk:
    """All relation paths from one topic along its labelled arcs, none turning right back.

    A walk within a rule's limit that never turns right back visits nothing twice: see heuristics.py.
    """

    side: Side
    topic: int
    labelled: Mask
    seen: int = field(default=0)

    def __post_init__(self) -> None:
        side = self.side
        self.starts, self.ends = side.starts.tolist(), side.ends.tolist()
        self.steps = side.steps.tolist()
        self.out: dict[int, list[int]] = defaultdict(list)
        for arc in np.flatnonzero(self.labelled).tolist():
            self.out[self.starts[arc]].append(arc)
        lengths = side.lengths[self.topic]
        self.limit = dict(zip(side.answers.tolist(), lengths.tolist(), strict=True))
        self.left = (side.far - lengths[:, None]).min(axis=0).tolist()

    @cached_property
    def index(self) -> Index:
        """All arcs of the side by where they start."""
        return grouped(self.side.starts, self.side.num_entities)

    def first(self) -> list[_Layer]:
        """Return the layers of one step."""
        start = int(self.side.topics[self.topic])
        return self._layers(self.out[start], np.array([start]), None)

    def onward(self, layer: _Layer) -> list[_Layer]:
        """Return the layers one step on."""
        found = {
            after: None
            for arc in layer.arcs
            for after in self.out[self.ends[arc]]
            if self.ends[after] != self.starts[arc]
            and layer.length + 1 + self.left[self.ends[after]] <= 0
        }
        return self._layers(list(found), layer.reached, layer)

    def arriving(self, layer: _Layer) -> list[int]:
        """Return the arcs of a layer that end in an answer whose limit they keep."""
        limit = self.limit
        return [arc for arc in layer.arcs if limit.get(self.ends[arc], -1) >= layer.length]

    def precision(self, layer: _Layer) -> float:
        """Return the share of answers among what the relation path reaches."""
        return float(np.isin(layer.reached, self.side.answers).mean())

    def traced(self, layer: _Layer | None, arcs: list[int]) -> list[int]:
        """Return the arcs of all paths that end with these."""
        kept = list(arcs)
        while layer is not None and layer.before is not None:
            layer = layer.before
            into = defaultdict(set)
            for arc in arcs:
                into[self.starts[arc]].add(self.ends[arc])
            arcs = [arc for arc in layer.arcs if into[self.ends[arc]] - {self.starts[arc]}]
            kept += arcs
        return kept

    def _layers(
        self, arcs: list[int], reached: npt.NDArray[np.int64], before: _Layer | None
    ) -> list[_Layer]:
        by_step = defaultdict(list)
        for arc in arcs:
            by_step[self.steps[arc]].append(arc)
        self.seen += len(by_step)
        if self.seen > MOST:
            raise DataError(
                f"More than {MOST:,} relation paths lead on from one topic, too many to tell their "
                "precision. Lower slack or max_hops, or leave min_precision out."
            )
        if not by_step:
            return []
        out = self.index.of_all(reached)
        steps, ends = self.side.steps[out], self.side.ends[out]
        length = before.length + 1 if before else 1
        return [
            _Layer(chosen, np.unique(ends[steps == step]), before, length)
            for step, chosen in by_step.items()
        ]
