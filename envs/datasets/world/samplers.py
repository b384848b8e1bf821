"""One sampler for each kind of question: a plan, its wording and its answer, or nothing.

A sampler draws, and gives up (returns None) where the draw does not lead to a question that has
exactly one answer; the caller draws again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .plans import Phrase, Plan
from .relations import KINDS, RELATIONS, Relation, relations_from
from .universe import Universe


class Draft(NamedTuple):
    """A question in words, with its plan."""

    text: str
    plan: Plan
    answer: str
    answer_entity: int | None


class Dice:
    """Draws of one question, from one generator, cheap each."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self._buffer: list[float] = []

    def roll(self, sides: int) -> int:
        """Return a number from 0 to `sides` - 1."""
        if not self._buffer:
            self._buffer = self.rng.random(64).tolist()
        return int(self._buffer.pop() * sides)

    def pick(self, items: Sequence[Any]) -> Any:
        """Return one of the items."""
        return items[self.roll(len(items))]


def chain(universe: Universe, dice: Dice, hops: int) -> Draft | None:
    """Draw "Who is the author of the book adapted in Vel?"."""
    plan = Plan(universe)
    start = dice.roll(universe.size)
    return _finish(plan, plan.name(start), dice, hops)


def comparison(universe: Universe, dice: Dice, hops: int) -> Draft | None:
    """Draw "What is the birth year of the oldest of A and B?", or ask on about the oldest."""
    plan = Plan(universe)
    # Either the hops are all comparisons and the number is asked for, or one is left to ask on.
    if hops == 2 or dice.roll(2):
        winner = _winner(plan, dice, hops)
        if winner is None:
            return None
        relation = plan.hops[-1].relation
        number = str(universe.tail(relation.name, winner.entity))
        return Draft(relation.question.format(x=winner.text), plan, number, None)
    winner = _winner(plan, dice, hops - 1)
    return None if winner is None else _finish(plan, winner, dice, 1, entities_only=True)


def intersection(universe: Universe, dice: Dice, hops: int) -> Draft | None:
    """Draw "Which person has the birthplace A and attended the university B?"."""
    plan = Plan(universe)
    found = _meeting(plan, dice, hops)
    if found is None:
        return None
    answer = universe.names[found.entity]
    text = found.text.removeprefix("the ").replace(" that ", " ", 1)
    return Draft(f"Which {text}?", plan, answer, found.entity)


def mixed(universe: Universe, dice: Dice, hops: int) -> Draft | None:
    """Draw a chain that goes on from an intersection or a comparison."""
    plan = Plan(universe)
    core = 2 + dice.roll(hops - 2)
    if core <= hops - 2 and dice.roll(2):  # with one hop after it, it would be a comparison
        phrase = _winner(plan, dice, core)
    else:
        phrase = _meeting(plan, dice, core)
    return None if phrase is None else _finish(plan, phrase, dice, hops - len(plan.hops))


SAMPLERS: dict[str, Callable[[Universe, Dice, int], Draft | None]] = {
    "chain": chain,
    "comparison": comparison,
    "intersection": intersection,
    "mixed": mixed,
}


def _finish(
    plan: Plan, phrase: Phrase, dice: Dice, hops: int, *, entities_only: bool = False
) -> Draft | None:
    """Follow relations from a phrase; the last one is asked for, and may lead to a number."""
    universe = plan.universe
    for left in range(hops, 0, -1):
        outward = _ENTITY if left > 1 or entities_only else _ANY
        options = outward[universe.kinds[phrase.entity]]
        if not options:
            return None
        relation = dice.pick(options)
        if relation.span is None:
            tail = universe.tail(relation.name, phrase.entity)
            if tail in plan.used:
                return None
        if left > 1:
            phrase = plan.step(phrase, relation)
    tail = plan.follow(phrase, relation)
    answer = universe.text(relation, tail)
    entity = tail if relation.span is None else None
    return Draft(relation.question.format(x=phrase.text), plan, answer, entity)


def _winner(plan: Plan, dice: Dice, count: int) -> Phrase | None:
    """Compare entities by a number: one hop each, and the winner needs them all."""
    universe = plan.universe
    relation = dice.pick(_NUMBERS)
    everyone = universe.entities(relation.head)
    items = list(dict.fromkeys(dice.pick(everyone) for _ in range(count)))
    numbers = [universe.tail(relation.name, item) for item in items]
    if len(items) < count or len(set(numbers)) < count:
        return None
    most = bool(dice.roll(2))
    best = items[numbers.index(max(numbers) if most else min(numbers))]
    for item in (*(i for i in items if i != best), best):
        plan.follow(plan.name(item), relation)
    names = [universe.names[item] for item in items]
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    text = f"{relation.most if most else relation.least} {listed}"
    return Phrase(text, best, tuple(range(len(plan.hops))))


def _meeting(plan: Plan, dice: Dice, hops: int) -> Phrase | None:
    """Describe an entity by conditions that only it fulfils; some tails are described in turn."""
    universe = plan.universe
    kind = dice.pick(_MEETERS)
    entity = dice.pick(universe.entities(kind))
    options = list(_ENTITY[kind])
    count = min(2 + (hops > 2 and dice.roll(2)), len(options), hops)
    relations = [options.pop(dice.roll(len(options))) for _ in range(count)]
    tails = [universe.tail(relation.name, entity) for relation in relations]
    if not _only(universe, relations, tails, entity) or len(set(tails)) < count:
        return None
    phrases = _describe_all(plan, dice, tails, hops - count)
    if phrases is None or entity in plan.used:
        return None
    asked = _ask_conditions(plan, entity, relations, phrases)
    conditions = " and ".join(
        relation.condition.format(x=phrase.text)
        for relation, phrase in zip(relations, phrases, strict=True)
    )
    plan.used.add(entity)
    return Phrase(f"the {_NOUNS[kind]} that {conditions}", entity, asked)


def _ask_conditions(
    plan: Plan, entity: int, relations: Sequence[Relation], phrases: Sequence[Phrase]
) -> tuple[int, ...]:
    """Add a hop for each condition: the first finds the entity, the others confirm it."""
    universe = plan.universe
    name, noun = universe.names[entity], _NOUNS[universe.kinds[entity]]
    known = " and ".join(
        relation.condition.format(x=universe.names[phrase.entity])
        for relation, phrase in zip(relations, phrases, strict=True)
    )
    described = [hop for phrase in phrases for hop in phrase.hops]
    first = plan.add(relations[0], entity, f"Which {noun} {known}?", name, described)
    confirmed = [
        plan.add(
            relation,
            entity,
            relation.question.format(x=name),
            universe.names[phrase.entity],
            (first, *phrase.hops),
        )
        for relation, phrase in zip(relations[1:], phrases[1:], strict=True)
    ]
    return (first, *confirmed)


def _describe_all(plan: Plan, dice: Dice, tails: Sequence[int], extra: int) -> list[Phrase] | None:
    """Name the tails, or describe some of them by one or more hops, `extra` in all."""
    depths = [0] * len(tails)
    for _ in range(extra):
        depths[dice.roll(len(tails))] += 1
    phrases = []
    for tail, depth in zip(tails, depths, strict=True):
        phrase = _describe(plan, dice, tail, depth)
        if phrase is None:
            return None
        phrases.append(phrase)
    return phrases


def _describe(plan: Plan, dice: Dice, entity: int, depth: int) -> Phrase | None:
    """Walk back from an entity over relations that lead to it, then tell the way forward."""
    universe, path, here = plan.universe, [], entity
    for _ in range(depth):
        relation = dice.pick(_INTO[universe.kinds[here]] or (None,))
        heads = universe.heads(relation.name, here) if relation else []
        heads = [head for head in heads if head not in plan.used and head != entity]
        if not heads:
            return None
        path.append(relation)
        here = dice.pick(heads)
    if here in plan.used:
        return None
    phrase = plan.name(here)
    for relation in reversed(path):
        phrase = plan.step(phrase, relation)
    return phrase


def _only(
    universe: Universe, relations: Sequence[Relation], tails: Sequence[int], entity: int
) -> bool:
    """Return whether only this entity fulfils all the conditions."""
    rest = set(universe.heads(relations[0].name, tails[0]))
    for relation, tail in zip(relations[1:], tails[1:], strict=True):
        rest &= set(universe.heads(relation.name, tail))
    return rest == {entity}


_NOUNS = {kind.name: kind.noun for kind in KINDS}
_ANY = {kind.name: relations_from(kind.name) for kind in KINDS}
_ENTITY = {name: [r for r in found if r.span is None] for name, found in _ANY.items()}
_INTO = {kind.name: [r for r in RELATIONS if r.tail == kind.name] for kind in KINDS}
_NUMBERS = [relation for relation in RELATIONS if relation.span is not None]
_MEETERS = [name for name, found in _ENTITY.items() if len(found) >= 2]
