"""One knowledge graph for a whole question set, and the part of it around a question's topics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...core import Fact
from ...errors import ConfigError, DataError
from ...files import read_lines
from ..kg.graph import Graph

Places = npt.NDArray[np.int64]


class KnowledgeBase:
    """The facts of a data set, each once, with what is needed to look around in them.

    >>> facts = [Fact("Vel", "by", "Ada"), Fact("Vel", "in", "1999"), Fact("Ull", "in", "1999")]
    >>> base = KnowledgeBase(facts)
    >>> [fact.head for fact in base.around(["Ada"], hops=2)]
    ['Vel', 'Vel']
    >>> len(base.around(["Ada"], hops=3)), len(base.around(["Ada"], hops=3, hub=1))
    (3, 1)
    """

    def __init__(self, facts: Iterable[Fact]) -> None:
        self.facts: tuple[Fact, ...] = tuple(dict.fromkeys(facts))
        self.graph = Graph.of(self.facts)

    def around(
        self, topics: Iterable[str], hops: int, *, hub: int = 0, most: int = 0
    ) -> tuple[Fact, ...]:
        """Return the facts within some hops of any topic, walked either way, the nearest first.

        The rule looks at no answer. Facts equally near are in the order of the base.

        Args:
            topics: Entities; those that the base does not have are passed over.
            hops: How many facts to walk at most.
            hub: An entity with more facts than this is not walked on from, unless it is a topic: from
                a film's genre or year one comes to all other films. 0 for no such limit.
            most: Return no more facts than this; 0 for no limit.
        """
        ids = np.unique(self.graph.entity_ids(topics))
        front: Places = ids[ids >= 0].astype(np.int64)
        seen = np.zeros(self.graph.num_entities, bool)
        taken = np.zeros(len(self.facts), bool)
        layers: list[Places] = []
        for hop in range(hops):
            if hop and hub:
                front = front[self._degrees[front] <= hub]
            seen[front] = True
            layers.append(self._new_facts(front, taken))
            ends = np.concatenate([self.graph.heads[layers[-1]], self.graph.tails[layers[-1]]])
            front = np.unique(ends[~seen[ends]]).astype(np.int64)
        places = np.concatenate(layers)[: most or None] if layers else np.zeros(0, np.int64)
        return tuple(map(self.facts.__getitem__, places.tolist()))

    def walk(self, topic: str, relations: Sequence[str], ends: Iterable[str]) -> tuple[Fact, ...]:
        """Return the facts of all walks from a topic along some relations, head to tail, to some ends.

        The walks may fork: of two parents who were born in one country, both count.
        """
        layers: list[list[Fact]] = []
        front = {topic}
        for relation in relations:
            found = [f for head in front for f in self._leaving(head) if f.relation == relation]
            layers.append(found)
            front = {fact.tail for fact in found}
        kept: list[Fact] = []
        wanted = set(ends)
        for layer in reversed(layers):
            arriving = [fact for fact in layer if fact.tail in wanted]
            wanted = {fact.head for fact in arriving}
            kept += arriving
        return tuple(dict.fromkeys(kept))

    @cached_property
    def _degrees(self) -> npt.NDArray[np.int64]:
        return (self.graph.out.degrees + self.graph.into.degrees).astype(np.int64)

    def _new_facts(self, entities: Places, taken: npt.NDArray[np.bool_]) -> Places:
        """Return the facts at these entities that were not taken, in order, and take them."""
        at = np.concatenate([self.graph.out.of_all(entities), self.graph.into.of_all(entities)])
        new = np.unique(at[~taken[at]]).astype(np.int64)
        taken[new] = True
        return new

    def _leaving(self, entity: str) -> list[Fact]:
        id = self.graph.entity_id(entity)
        return [] if id < 0 else [self.facts[place] for place in self.graph.out.of(id).tolist()]

    def __repr__(self) -> str:
        return f"KnowledgeBase({self.graph.num_entities} entities, {len(self.facts)} facts)"


def read_facts(files: Iterable[str | Path], separator: str) -> Iterator[Fact]:
    """Yield the facts of files of one `head, relation, tail` a line.

    Args:
        files: The files, gzipped or not.
        separator: What stands between the three, such as "|" or a tab.

    Raises:
        DataError: If a line has not three parts; the message names the file and the line.
    """
    for file in files:
        for number, line in enumerate(read_lines(file), 1):
            if line.strip():
                parts = [part.strip() for part in line.rstrip("\r\n").split(separator)]
                if len(parts) != 3 or not all(parts):
                    raise DataError(
                        f"{file}:{number}: a fact is head{separator}relation{separator}tail, not "
                        f"{line.strip()!r:.60}. Mend or remove this line."
                    )
                yield Fact(*parts)


class FactFiles:
    """A knowledge base that is read when it is first asked for."""

    def __init__(self, files: Sequence[Path], separator: str) -> None:
        self.files, self.separator = tuple(files), separator

    @cached_property
    def base(self) -> KnowledgeBase:
        """The base of all these files."""
        stamps = tuple((f.stat().st_mtime_ns, f.stat().st_size) for f in self.files if f.is_file())
        return _base_of(self.files, self.separator, stamps)

    def __getstate__(self) -> dict[str, Any]:
        # files are quicker read again in another process than their facts are sent
        return {"files": self.files, "separator": self.separator}


@lru_cache(maxsize=2)
def _base_of(files: tuple[Path, ...], separator: str, stamps: object) -> KnowledgeBase:
    """Read a base, once for all the sets that are about it; a file that changed is read again."""
    return KnowledgeBase(read_facts(files, separator))


def whole_number(name: str, value: int | str, least: int, most: int | None = None) -> int:
    """Read an option that is a number; after a name's `?` it comes as text.

    Raises:
        ConfigError: If it is none, or out of range.
    """
    text = str(value)
    number = int(text) if text.isascii() and text.isdigit() and value is not True else -1
    if number < least or (most is not None and number > most):
        allowed = f"from {least}" if most is None else f"from {least} to {most}"
        raise ConfigError(f"{name} is {value!r}; it must be a whole number {allowed}.")
    return number
