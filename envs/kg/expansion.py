"""Looking around in a graph: hops, distances, personalised PageRank, and parts cut out.

The walking is done by scipy's sparse matrices, for several sources at once. `scipy` is imported
when first needed, so that `import hopgym` stays light.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from ...errors import ConfigError
from .graph import Graph
from .index import Ids, Index

Direction = Literal["directed", "reversed", "undirected"]
"""Along facts from head to tail, against them, or either way at each step."""

FAR = 1 << 28
"""The distance of what cannot be reached. Two of them may be added without an overflow."""


def distances(
    graph: Graph,
    sources: npt.ArrayLike,
    *,
    direction: Direction = "directed",
    max_hops: int | None = None,
) -> Ids:
    """Return how many facts lie between each source and each entity.

    Args:
        graph: The graph.
        sources: Entity ids.
        direction: Which way facts may be walked.
        max_hops: How far to look; None for as far as there is.

    Returns:
        Hops, shape `[sources, entities]`; `FAR` where there is no way of at most `max_hops`.

    Raises:
        ConfigError: If a source is no entity of the graph, or a setting is not allowed.

    >>> from hopgym.core import Fact
    >>> line = Graph.of([Fact("a", "r", "b"), Fact("b", "r", "c")])
    >>> distances(line, [0]).tolist()
    [[0, 1, 2]]
    >>> (distances(line, [1]) == FAR).tolist()
    [[True, False, False]]
    """
    starts = checked(graph, sources)
    _check_hops(max_hops)
    steps = _steps(graph, direction)
    found = np.full((graph.num_entities, len(starts)), FAR, np.int32)
    found[starts, np.arange(len(starts))] = 0
    front, hop = (found == 0).astype(np.int32), 0
    while front.any() and (max_hops is None or hop < max_hops):
        hop += 1
        reached = steps[0] @ front
        for step in steps[1:]:
            reached += step @ front
        new = (reached > 0) & (found == FAR)
        found[new] = hop
        front = new.astype(np.int32)
    return np.ascontiguousarray(found.T)


def expand(
    graph: Graph, sources: npt.ArrayLike, hops: int, *, direction: Direction = "undirected"
) -> Ids:
    """Return the entities within some hops of any source, sources included, in order.

    Raises:
        ConfigError: As `distances` does.
    """
    starts = checked(graph, sources)
    _check_hops(hops)
    near = np.zeros(graph.num_entities, bool)
    near[starts] = True
    front = np.flatnonzero(near)
    for _ in range(hops):
        ends = _ends(graph, front, direction)
        front = np.unique(ends[~near[ends]])
        if not len(front):
            break
        near[front] = True
    return np.flatnonzero(near).astype(np.int32)


def facts_among(graph: Graph, entities: npt.ArrayLike) -> Ids:
    """Return the facts whose head and tail are both among these entities, in order.

    Raises:
        ConfigError: If an id is no entity of the graph.
    """
    chosen = np.zeros(graph.num_entities, bool)
    chosen[checked(graph, entities)] = True
    return np.flatnonzero(chosen[graph.heads] & chosen[graph.tails]).astype(np.int32)


def pagerank(
    graph: Graph,
    sources: npt.ArrayLike,
    *,
    restart: float = 0.8,
    direction: Direction = "undirected",
    iterations: int = 100,
    tolerance: float = 1e-6,
) -> npt.NDArray[np.float64]:
    """Return each entity's personalised PageRank: how often a walk that keeps coming home is there.

    A walker starts at a source, goes home with probability `restart`, and otherwise along one of
    the facts of where it stands, each as likely (parallel facts count each). Where no fact leads
    on it goes home. Without sources, every entity is home. (Haveliwala 2002, Topic-Sensitive
    PageRank; a restart of 0.8 is what GraftNet and NSM cut their question graphs with.)

    Args:
        graph: The graph.
        sources: Entity ids, which share the restarts equally.
        restart: Between 0 and 1.
        direction: Which way facts may be walked.
        iterations: At most so many.
        tolerance: Stop when the ranks change by less, in sum.

    Returns:
        Shape `[entities]`; sums to 1, or is empty.

    Raises:
        ConfigError: If a source is no entity of the graph, or a setting is not allowed.
    """
    starts = checked(graph, sources)
    if not 0 < restart <= 1:
        raise ConfigError(f"restart is {restart!r}; it must be above 0 and at most 1.")
    home = np.bincount(starts, minlength=graph.num_entities).astype(np.float64)
    home = (home if len(starts) else home + 1) / max(home.sum() or graph.num_entities, 1)
    steps = _steps(graph, direction)
    degrees = sum(np.asarray(step.sum(axis=0)).ravel() for step in steps)
    share = np.divide(1.0, degrees, out=np.zeros(graph.num_entities), where=degrees > 0)
    rank = home
    for _ in range(iterations):
        given = rank * share
        moved = sum(step @ given for step in steps)
        moved += rank[degrees == 0].sum() * home
        new = restart * home + (1 - restart) * moved
        rank, change = new, np.abs(new - rank).sum()
        if change < tolerance:
            break
    return np.asarray(rank)


def nearest_facts(graph: Graph, sources: npt.ArrayLike, count: int, *, restart: float = 0.8) -> Ids:
    """Return the `count` facts around the sources, by the PageRank of their two ends, in order.

    It asks for no answer, so it is fair as a filter before a graph is shown. Of facts alike in
    rank, those given first are kept.

    Raises:
        ConfigError: If `count` is no whole number from 1, or as `pagerank` does.
    """
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
        raise ConfigError(f"count is {count!r}; it must be a whole number from 1.")
    if count >= graph.num_facts:
        return np.arange(graph.num_facts, dtype=np.int32)
    rank = pagerank(graph, sources, restart=restart)
    # a float's last bit depends on the order of a sum; whole numbers make ties ties
    worth = np.round((rank[graph.heads] + rank[graph.tails]) * 1e12)
    return np.sort(np.argsort(-worth, kind="stable")[:count]).astype(np.int32)


def _ends(graph: Graph, entities: npt.NDArray[Any], direction: Direction) -> Ids:
    """Return where one step leads from entities."""
    parts = []
    if _check_direction(direction) != "reversed":
        parts.append(graph.tails[graph.out.of_all(entities)])
    if direction != "directed":
        parts.append(graph.heads[graph.into.of_all(entities)])
    return np.concatenate(parts)


def _steps(graph: Graph, direction: Direction) -> list[Any]:
    """Return the matrices that take a column of entities one hop on."""
    steps = []
    if _check_direction(direction) != "reversed":
        steps.append(_matrix(graph, graph.into, graph.heads))
    if direction != "directed":
        steps.append(_matrix(graph, graph.out, graph.tails))
    return steps


def _matrix(graph: Graph, index: Index, others: Ids) -> Any:
    """Return the matrix whose row is an entity and whose columns are what its facts hold."""
    from scipy.sparse import csr_array

    ones = np.ones(graph.num_facts, np.int32)
    size = (graph.num_entities, graph.num_entities)
    return csr_array((ones, others[index.facts], index.offsets), shape=size)


def _check_direction(direction: str) -> str:
    if direction not in get_args(Direction):
        raise ConfigError(
            f"direction is {direction!r}; it may be {', '.join(get_args(Direction))}."
        )
    return direction


def _check_hops(hops: int | None) -> None:
    if hops is not None and (
        isinstance(hops, bool) or not isinstance(hops, int | np.integer) or hops < 0
    ):
        raise ConfigError(f"hops is {hops!r}; it must be a whole number from 0, or None.")


def checked(graph: Graph, entities: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Return entity ids as an array.

    Raises:
        ConfigError: If one is no entity of the graph.
    """
    ids = np.asarray(entities).ravel()
    if ids.size and ids.dtype.kind not in "iu":
        raise ConfigError(f"Entities are given by their ids, not as {ids.dtype}.")
    wrong = ids[(ids < 0) | (ids >= graph.num_entities)]
    if len(wrong):
        raise ConfigError(
            f"Entity {wrong[0]} is not in {graph!r}; ids are from 0, and -1 stands for a name "
            "that the graph does not have."
        )
    return ids.astype(np.int64)
