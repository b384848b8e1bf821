"""The graph store: facts as integer arrays, names apart, and indexes by head, tail and relation.

Every fact keeps its place: fact 3 is the fourth that was given, also where an equal fact or one
between the same two entities stands beside it. The store knows no question and no scipy.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from ...core import Fact
from ...errors import DataError
from ...retrieval.base import Immutable
from .index import Ids, Index, grouped


class Graph(Immutable):
    """A directed multigraph of facts. Immutable; copies are itself.

    Args:
        heads: Entity ids, one for each fact, shape `[facts]`.
        relations: Relation ids, likewise.
        tails: Entity ids, likewise.
        entities: Their names, each once; an entity without facts is fine.
        relation_names: The relations' names, each once.

    Raises:
        DataError: If the arrays differ in length, an id has no name, or a name comes twice.

    >>> graph = Graph.of([Fact("Ada", "born_in", "London"), Fact("London", "in", "England")])
    >>> graph, graph.heads.tolist(), graph.tails.tolist()
    (Graph(3 entities, 2 relations, 2 facts), [0, 1], [1, 2])
    >>> graph.into.of(graph.entity_id("England")).tolist()
    [1]
    """

    def __init__(
        self,
        heads: npt.ArrayLike,
        relations: npt.ArrayLike,
        tails: npt.ArrayLike,
        entities: Iterable[str],
        relation_names: Iterable[str],
    ) -> None:
        self._set(
            (_frozen(heads), _frozen(relations), _frozen(tails)),
            tuple(entities),
            tuple(relation_names),
        )
        self._check()

    @classmethod
    def of(cls, facts: Sequence[Fact], entities: Iterable[str] = ()) -> Graph:
        """Build a graph of facts, kept in their order.

        Args:
            facts: Any facts; none, equal ones, parallel ones and self-loops are fine.
            entities: More entities to name, which may have no facts.

        Raises:
            DataError: If something among them is no fact, or a name is no text.
        """
        try:
            heads, relations, tails = (
                list(map(attrgetter(part), facts)) for part in ("head", "relation", "tail")
            )
            names = tuple(dict.fromkeys([*heads, *tails, *entities]))
            kinds = tuple(dict.fromkeys(relations))
        except (AttributeError, TypeError) as error:
            raise DataError(
                f"A graph is made of facts, Fact(head, relation, tail), which are texts ({error})."
            ) from error
        for name in (*names, *kinds):
            if not isinstance(name, str):
                raise DataError(f"A fact names {name!r:.60}; heads, relations and tails are texts.")
        entity = {name: id for id, name in enumerate(names)}
        kind = {name: id for id, name in enumerate(kinds)}
        arrays = (_looked_up(entity, heads), _looked_up(kind, relations), _looked_up(entity, tails))
        graph = cls.__new__(cls)
        graph._set(arrays, names, kinds)
        graph._entity = entity
        return graph

    heads: Ids
    relations: Ids
    tails: Ids
    entities: tuple[str, ...]
    relation_names: tuple[str, ...]

    @property
    def num_entities(self) -> int:
        """How many entities have a name."""
        return len(self.entities)

    @property
    def num_relations(self) -> int:
        """How many relations have a name."""
        return len(self.relation_names)

    @property
    def num_facts(self) -> int:
        """How many facts there are; equal ones count each."""
        return len(self.heads)

    def __len__(self) -> int:
        return len(self.heads)

    def __repr__(self) -> str:
        return (
            f"Graph({self.num_entities} entities, {self.num_relations} relations, "
            f"{self.num_facts} facts)"
        )

    @cached_property
    def out(self) -> Index:
        """The facts that leave an entity."""
        return grouped(self.heads, self.num_entities)

    @cached_property
    def into(self) -> Index:
        """The facts that arrive at an entity."""
        return grouped(self.tails, self.num_entities)

    @cached_property
    def by_relation(self) -> Index:
        """The facts of a relation."""
        return grouped(self.relations, self.num_relations)

    def entity_id(self, name: str) -> int:
        """Return an entity's id, or -1 where the graph does not name it."""
        return self._entity.get(name, -1)

    def entity_ids(self, names: Iterable[str]) -> Ids:
        """Return entities' ids, -1 for each that the graph does not name."""
        return np.array([self._entity.get(name, -1) for name in names], np.int32)

    def relation_ids(self, names: Iterable[str]) -> Ids:
        """Return relations' ids, -1 for each that the graph does not name."""
        return np.array([self._relation.get(name, -1) for name in names], np.int32)

    def facts(self, ids: npt.ArrayLike | None = None) -> tuple[Fact, ...]:
        """Return facts with their names: those of these ids, or all.

        >>> Graph.of([Fact("Ada", "knows", "Bo"), Fact("Bo", "knows", "Ada")]).facts([1])
        (Fact(head='Bo', relation='knows', tail='Ada'),)
        """
        at = slice(None) if ids is None else np.asarray(ids, np.int64).ravel()
        parts = (self.heads[at].tolist(), self.relations[at].tolist(), self.tails[at].tolist())
        named, kinds = self.entities, self.relation_names
        return tuple(Fact(named[h], kinds[r], named[t]) for h, r, t in zip(*parts, strict=True))

    def select(self, ids: npt.ArrayLike) -> Graph:
        """Return the graph of these facts alone, in this order; entities and names stay as they are."""
        at = np.asarray(ids, np.int64).ravel()
        graph = Graph.__new__(Graph)
        arrays = tuple(_frozen(part[at]) for part in (self.heads, self.relations, self.tails))
        graph._set(arrays, self.entities, self.relation_names)
        return graph

    @cached_property
    def _entity(self) -> dict[str, int]:
        return {name: id for id, name in enumerate(self.entities)}

    @cached_property
    def _relation(self) -> dict[str, int]:
        return {name: id for id, name in enumerate(self.relation_names)}

    def __reduce__(self) -> tuple[Any, ...]:
        # indexes and dictionaries are quicker made again than sent
        arrays = (self.heads, self.relations, self.tails)
        return _restored, (arrays, self.entities, self.relation_names)

    def _set(
        self, arrays: Sequence[Ids], entities: tuple[str, ...], relations: tuple[str, ...]
    ) -> None:
        for array in arrays:
            array.flags.writeable = False
        self.heads, self.relations, self.tails = arrays
        self.entities, self.relation_names = entities, relations

    def _check(self) -> None:
        sizes = [len(part) for part in (self.heads, self.relations, self.tails)]
        if len(set(sizes)) > 1:
            raise DataError(f"heads, relations and tails must be equally long, not {sizes}.")
        for what, ids, names in (
            ("head", self.heads, self.entities),
            ("relation", self.relations, self.relation_names),
            ("tail", self.tails, self.entities),
        ):
            if len(ids) and not 0 <= ids.min() <= ids.max() < len(names):
                wrong = ids.max() if ids.max() >= len(names) else ids.min()
                raise DataError(f"A {what} is {wrong}; there are names for 0 to {len(names) - 1}.")
            if len(set(names)) < len(names):
                twice = next(name for name in names if names.count(name) > 1)
                raise DataError(f"The name {twice!r:.60} comes twice; name each once.")


def _restored(
    arrays: Sequence[Ids], entities: tuple[str, ...], relations: tuple[str, ...]
) -> Graph:
    graph = Graph.__new__(Graph)
    graph._set(arrays, entities, relations)
    return graph


def _frozen(ids: npt.ArrayLike) -> Ids:
    """Return a copy as int32, refusing what is no list of whole numbers."""
    given = np.asarray(ids)
    if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
        raise DataError(
            f"Ids are a list of whole numbers, not {given.dtype} of shape {given.shape}."
        )
    return given.astype(np.int32)


def _looked_up(ids: dict[str, int], names: list[str]) -> Ids:
    return np.fromiter(map(ids.__getitem__, names), np.int32, len(names))
