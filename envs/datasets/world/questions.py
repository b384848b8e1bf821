"""The questions of one split: drawn in turn from the samplers, each with all that is known of it.

A question's chain of facts decides its split, so that no chain stands in two splits; within a
split neither a chain nor a text comes twice.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from ....core import Fact, Hop, Question
from ....errors import ConfigError
from ....rewards.normalize import squad
from ....seeding import rng_for
from .config import SPLITS, WorldConfig
from .documents import Library
from .plans import FactKey, Plan
from .relations import BY_NAME, relations_from
from .samplers import SAMPLERS, Dice, Draft
from .universe import Universe

MAX_ATTEMPTS = 4_000
"""Draws for one question before the universe counts as exhausted."""

SUBGRAPH = 30
"""Facts of a question's subgraph at most: the gold ones and their neighbours."""

_TRAIN_SHARE = 60  # of a hundred chains; dev and test share the rest


def draw_questions(
    universe: Universe, library: Library, config: WorldConfig, split: str
) -> Iterator[Question]:
    """Yield the questions of a split.

    Raises:
        ConfigError: If the universe holds too few; the message names the dial to turn.
    """
    writer = _Writer(universe, library, config, split)
    slots = config.slots
    for index in range(config.size(split)):
        kind, hops = slots[index % len(slots)]
        yield writer.draw(kind, hops, index)


class _Writer:
    """Draws and writes questions, remembering what was written."""

    def __init__(
        self, universe: Universe, library: Library, config: WorldConfig, split: str
    ) -> None:
        self.universe = universe
        self.library = library
        self.config = config
        self.split = split
        self.withheld = library.withheld
        self.chains: set[tuple[FactKey, ...]] = set()
        self.texts: set[str] = set()

    def draw(self, kind: str, hops: int, index: int) -> Question:
        """Draw until a question is new and belongs to this split."""
        dice = Dice(rng_for(self.config.seed, "questions", self.split, index))
        for _ in range(MAX_ATTEMPTS):
            draft = SAMPLERS[kind](self.universe, dice, hops)
            if draft is not None and self._is_new(draft):
                return self._write(draft, kind, index)
        raise ConfigError(
            f"The world ran out of {kind} questions of {hops} hops at {self.split} question "
            f"{index}. Raise entities (now {self.config.entities}), or ask for fewer."
        )

    def _is_new(self, draft: Draft) -> bool:
        facts = draft.plan.facts
        if len(set(facts)) < len(facts) or split_of(facts) != self.split:
            return False
        if facts in self.chains or draft.text in self.texts or _given_away(draft):
            return False
        self.chains.add(facts)
        self.texts.add(draft.text)
        return True

    def _write(self, draft: Draft, kind: str, index: int) -> Question:
        hops = tuple(self._hop(draft.plan, n) for n in range(len(draft.plan.hops)))
        documents = tuple(dict.fromkeys(id for hop in hops for id in hop.document_ids))
        facts, gold = self._subgraph(draft.plan)
        entity = draft.answer_entity
        alias = self.universe.aliases[entity] if entity is not None else ""
        return Question(
            id=f"world-{self.config.seed}-{self.split}-{index}",
            text=draft.text,
            answers=(draft.answer, alias) if alias else (draft.answer,),
            type=kind,
            hops=hops,
            document_ids=documents,
            facts=facts,
            topic_entities=tuple(self.universe.names[e] for e in sorted(draft.plan.named)),
            answer_entities=() if entity is None else (draft.answer,),
            gold_facts=gold,
            metadata={
                "hops": len(hops),
                "split": self.split,
                "index": index,
                "seed": self.config.seed,
                "reachable": self.withheld.isdisjoint(documents),
            },
        )

    def _hop(self, plan: Plan, number: int) -> Hop:
        hop = plan.hops[number]
        source = self.library.told(hop.relation, hop.head).source
        document = self.library.document_id(hop.relation, hop.head)
        return Hop(hop.query, hop.answer, (document,), hop.needs, source)

    def _subgraph(self, plan: Plan) -> tuple[tuple[Fact, ...], tuple[int, ...]]:
        """Return the gold facts among their neighbours, in the order of the world's numbers."""
        gold = set(plan.facts)
        around = [
            FactKey(entity, relation.name)
            for entity in sorted(plan.used)
            for relation in relations_from(self.universe.kinds[entity])
        ]
        others = [fact for fact in dict.fromkeys(around) if fact not in gold]
        kept = sorted(gold | set(others[: SUBGRAPH - len(gold)]))
        indices = tuple(n for n, fact in enumerate(kept) if fact in gold)
        return tuple(self._fact(fact) for fact in kept), indices

    def _fact(self, key: FactKey) -> Fact:
        tail = self.universe.tail(key.relation, key.head)
        relation = BY_NAME[key.relation]
        return Fact(self.universe.names[key.head], key.relation, self.universe.text(relation, tail))


def split_of(facts: tuple[FactKey, ...]) -> str:
    """Return the split that a chain of facts belongs to, by a stable hash."""
    bucket = zlib.crc32(repr([tuple(fact) for fact in facts]).encode()) % 100
    if bucket < _TRAIN_SHARE:
        return SPLITS[0]
    return SPLITS[1 + bucket % 2]


def _given_away(draft: Draft) -> bool:
    """Return whether the question's text contains its answer."""
    return f" {squad(draft.answer)} " in f" {squad(draft.text)} "
