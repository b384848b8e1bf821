"""The world as documents: encyclopaedia entries, news and academic notes, and distractors.

Each fact stands in exactly one document, so that gold documents are exact. What a document says is
decided by paths of the seed, entity by entity: documents can be written one at a time. Distractors
mention entities, or are near-duplicates of an entry that begin as it does and tell nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ....core import Document
from ....seeding import rng_for
from .config import WorldConfig
from .relations import KINDS, RELATIONS, Relation, relations_from
from .universe import Universe

ELSEWHERE = 0.4
"""How often a fact whose relation has another source is told there, not in General."""

_TITLES = {"News": "{h} in the news", "Academy": "Notes on {h}"}
_OPENINGS = {
    "General": (
        "{h} is a {k}.",
        "{h}, a {k}, has its entry here.",
        "This entry is about the {k} {h}.",
    ),
    "News": ("Our reporters looked into the {k} {h}.", "News reached us of the {k} {h}."),
    "Academy": ("This note concerns the {k} {h}.", "A study of the {k} {h}."),
}
_ALSO = ("Another name is {a}.", "It is also known as {a}.", "Some call it {a}.")
_NOISE = (
    "A fair in {a} drew visitors who had heard of {b}.",
    "A collector offered letters about {a} and a sketch of {b}.",
    "The almanac lists {a} right before {b}, in no order at all.",
    "A quiz at the harbour asked about {a}, then about {b}; nobody knew.",
    "Postcards of {a} sold better than those of {b}.",
    "A lecture on {b} was moved because of the rain over {a}.",
)
_NOISE_TITLES = ("{a} and {b}", "Letters about {a}", "Miscellany {n}")
_NEAR_DUPLICATES = 1 / 3
"""The share of distractors that look like an entity's entry."""
_SOURCES = tuple(_OPENINGS)
_NOUNS = {kind.name: kind.noun for kind in KINDS}


class Told(NamedTuple):
    """Where and how a fact is told."""

    source: str
    wording: str


class Library:
    """Writes a universe's documents.

    Args:
        universe: What there is to tell.
        config: The dials; `distractors`, `paraphrase`, `missing` and `seed` count here.
    """

    def __init__(self, universe: Universe, config: WorldConfig) -> None:
        self.universe = universe
        self.config = config
        self._plans = {
            relation.name: self._plan(relation, universe.counts[relation.head])
            for relation in RELATIONS
        }

    def _plan(self, relation: Relation, heads: int) -> list[tuple[bool, int]]:
        """Decide for each head whether the fact is told elsewhere, and in which wording."""
        rng = rng_for(self.config.seed, "telling", relation.name)
        elsewhere = rng.random(heads) < (ELSEWHERE if relation.source != "General" else 0.0)
        own_words = rng.random(heads) < self.config.paraphrase
        pick = rng.integers(0, 2, heads)
        wording = own_words * 2 + pick  # the first two share words with questions
        return list(zip(elsewhere.tolist(), wording.tolist(), strict=True))

    def told(self, relation: Relation, head: int) -> Told:
        """Return where and how a fact is told."""
        elsewhere, wording = self._plans[relation.name][head - self.universe.starts[relation.head]]
        return Told(relation.source if elsewhere else "General", relation.wordings[wording])

    def document_id(self, relation: Relation, head: int) -> str:
        """Return the id of the one document that tells a fact."""
        return self.entry_id(self.told(relation, head).source, head)

    def entry_id(self, source: str, entity: int) -> str:
        """Return the id of an entity's document in a source; it says nothing of either."""
        return _opaque(self.config.seed, source, entity)

    def write(self) -> Iterator[Document]:
        """Yield all documents that are not withheld, in a fixed order."""
        written = 0
        withheld = self.withheld
        for entity in range(self.universe.size):
            for document in self._about(entity):
                written += 1
                if document.id not in withheld:
                    yield document
        yield from self._distractors(round(written * self.config.distractors))

    @property
    def withheld(self) -> frozenset[str]:
        """The ids of the telling documents that the corpus lacks."""
        if not self.config.missing:
            return frozenset()
        rng = rng_for(self.config.seed, "missing")
        shape = (self.universe.size, len(_OPENINGS))
        drawn = (rng.random(shape) < self.config.missing).tolist()
        return frozenset(
            self.entry_id(source, entity)
            for entity, row in enumerate(drawn)
            for source, gone in zip(_OPENINGS, row, strict=True)
            if gone
        )

    def _about(self, entity: int) -> Iterator[Document]:
        sentences: dict[str, list[str]] = {"General": []}
        name = self.universe.names[entity]
        for relation in self._told_of(entity):
            source, wording = self.told(relation, entity)
            tail = self.universe.text(relation, self.universe.tail(relation.name, entity))
            sentences.setdefault(source, []).append(wording.format(h=name, t=tail))
        for source, told in sentences.items():
            text = " ".join((*self._opening(source, entity), *told))
            title = _TITLES.get(source, "{h}").format(h=name)
            yield Document(self.entry_id(source, entity), title, text, source)

    def _told_of(self, entity: int) -> Sequence[Relation]:
        return _RELATIONS_FROM[self.universe.kinds[entity]]

    def _sources(self, entity: int) -> set[str]:
        return {"General", *(self.told(r, entity).source for r in self._told_of(entity))}

    def _opening(self, source: str, entity: int) -> Iterator[str]:
        yield self._first_sentence(source, entity, entity)
        alias = self.universe.aliases[entity]
        if alias and source == "General":
            yield _ALSO[entity % len(_ALSO)].format(a=alias)

    def _first_sentence(self, source: str, entity: int, form: int) -> str:
        forms = _OPENINGS[source]
        kind = _NOUNS[self.universe.kinds[entity]]
        return forms[form % len(forms)].format(h=self.universe.names[entity], k=kind)

    def _distractors(self, count: int) -> Iterator[Document]:
        rng = rng_for(self.config.seed, "distractors")
        drawn = rng.integers(0, self.universe.size, (count, 4)).tolist()
        forms = rng.integers(0, len(_NOISE), (count, 2)).tolist()
        doubles = (rng.random(count) < _NEAR_DUPLICATES).tolist()
        names = self.universe.names
        for number, (entities, (first, second)) in enumerate(zip(drawn, forms, strict=True)):
            a, b, c, d = (names[entity] for entity in entities)
            source = _SOURCES[number % len(_SOURCES)]
            said = _NOISE[first].format(a=a, b=b)
            if doubles[number]:  # begins in another wording than the entry
                source = source if source in self._sources(entities[0]) else "General"
                title = _TITLES.get(source, "{h}").format(h=a)
                said = f"{self._first_sentence(source, entities[0], entities[0] + 1)} {said}"
            else:
                form = _NOISE_TITLES[number // len(_SOURCES) % len(_NOISE_TITLES)]
                title = form.format(a=a, b=b, n=number + 1)
                said = f"{said} {_NOISE[second].format(a=c, b=d)}"
            yield Document(_opaque(self.config.seed, "noise", number), title, said, source)


_RELATIONS_FROM = {kind.name: relations_from(kind.name) for kind in KINDS}


def _opaque(seed: int, *path: int | str) -> str:
    """Return 16 hexadecimal digits: an id that gives nothing away, and never the order."""
    name = "/".join(map(str, (seed, *path)))
    return hashlib.blake2b(name.encode(), digest_size=8).hexdigest()
