"""What reaches each entity of a batch, as arrays: the edges of messages, and those of a first layer.

Edges stand in the order of the entities that they reach, so that a sum is over a slice. A layer whose
weights are zero but at a few entities, as a round's first is, needs only the edges that leave these.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]


class Ends(NamedTuple):
    """The facts of a batch, by number."""

    heads: Ids
    """`[F]`"""
    tails: Ids
    """`[F]`"""
    pairs: Ids
    """`[F]`, the pair of a question and a relation."""
    owners: Ids
    """`[N]`, the question of each entity."""
    num_pairs: int


class Edges(NamedTuple):
    """All edges; what each is, `GraphBatch` says."""

    sources: Ids
    messages: Ids
    starts: Ids
    shares: Floats


class FirstEdges(NamedTuple):
    """The edges that leave where reasoning begins."""

    sources: Ids
    """`[S]`, entities."""
    messages: Ids
    """`[S]`: a along the pair `along[a]`, A + b against `against[b]`, A + C + q a self loop of
    question q."""
    starts: Ids
    """`[N]`, where the edges that reach an entity begin; most have none."""
    along: Ids
    """`[A]`, pairs."""
    against: Ids
    """`[C]`"""


def all_edges(ends: Ends) -> Edges:
    """Return the edges along the facts, against them, and from each entity to itself."""
    entities = np.arange(len(ends.owners))
    reached = np.concatenate([ends.tails, ends.heads, entities])
    order = np.argsort(reached, kind="stable")
    degrees = np.bincount(reached, minlength=len(entities))
    pairs = ends.num_pairs
    messages = np.concatenate([ends.pairs, pairs + ends.pairs, 2 * pairs + ends.owners])
    facts = np.maximum(degrees - 1, 1)  # without its self loop
    return Edges(
        np.concatenate([ends.heads, ends.tails, entities])[order],
        messages[order],
        _starts(degrees),
        (1 / facts[reached[order]]).astype(np.float32),
    )


def first_edges(ends: Ends, edges: Edges, begins: Bools) -> FirstEdges:
    """Return the edges that leave some entities, and which messages they carry.

    Args:
        ends: The facts.
        edges: All edges.
        begins: `[N]`, the entities that they leave.
    """
    kept = begins[edges.sources]
    pairs = ends.num_pairs
    used = np.zeros(2 * pairs, np.bool_)
    messages = edges.messages[kept]
    used[messages[messages < 2 * pairs]] = True
    along, against = np.nonzero(used[:pairs])[0], np.nonzero(used[pairs:])[0]
    loops = np.ones(int(edges.messages.max(initial=0)) + 1, np.bool_)  # these are all kept
    loops[: 2 * pairs] = used[: len(loops)]
    before = np.concatenate([[0], np.cumsum(kept)])
    return FirstEdges(
        edges.sources[kept],
        (np.cumsum(loops) - 1)[messages],
        before[edges.starts],
        along,
        against,
    )


def beginnings(topics: Ids, owners: Ids, count: int) -> Bools:
    """Return where reasoning begins, `[N]`: the topics of a question, all where it has none.

    Args:
        topics: Entities.
        owners: `[N]`, the question of each entity.
        count: How many questions.
    """
    marked = np.zeros(len(owners), np.bool_)
    marked[topics] = True
    seen = np.zeros(count, np.bool_)
    seen[owners[topics]] = True
    return marked | ~seen[owners]


def _starts(counts: Ids) -> Ids:
    starts: Ids = np.cumsum(counts) - counts
    return starts
