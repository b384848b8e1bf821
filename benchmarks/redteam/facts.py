"""Selections that are made for their pay: all facts, none, one, the answers' neighbourhood at once.

They play hopgym/KGSubgraph-v0 in any mode and form.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from ...agents.base import Info
from ...agents.games import FACTS
from ...agents.selecting import Given, Ranking, SelectingAgent
from ...seeding import rng_for
from .exploit import Exploit

FAMILY = "facts"
Pick = Callable[[Given], Ranking]


class Picker(SelectingAgent):
    """Selects by a function of what is offered.

    Args:
        name: What messages call it.
        pick: From the offer, what to select.
    """

    def __init__(self, name: str, pick: Pick) -> None:
        super().__init__()
        self.name = name
        self._pick = pick

    def rank(self, questions: Sequence[Given]) -> list[Ranking]:
        """Pick for each question."""
        return [self._pick(one) for one in questions]


class Insistent(SelectingAgent):
    """Selects the same slots in every turn, whatever the mask says.

    Args:
        name: What messages call it.
        most: How many of the first slots; all there are if None.
    """

    def __init__(self, name: str, most: int | None) -> None:
        super().__init__()
        self.name = name
        self._most = most

    def act(self, observations: Sequence[Any], infos: Sequence[Info]) -> list[Any]:
        """Return the same selection for each episode."""
        slots = range(self.table.facts)[: self._most]
        return [self.table.write(info, slots) for info in infos]

    def rank(self, questions: Sequence[Given]) -> list[Ranking]:
        """Rank nothing: it is not asked."""
        return [Ranking((), 0) for _ in questions]


def everything(given: Given) -> Ranking:
    """Select all that is offered."""
    return Ranking(range(len(given.offer.facts)), len(given.offer.facts))


def nothing(given: Given) -> Ranking:
    """Stop at once."""
    return Ranking((), 0)


def first(given: Given) -> Ranking:
    """Select whatever stands first."""
    return Ranking(range(len(given.offer.facts)), 1)


def at_random(given: Given) -> Ranking:
    """Select half of the facts, whichever."""
    count = len(given.offer.facts)
    order = rng_for(0, "redteam", given.question_id).permutation(count)
    return Ranking([int(slot) for slot in order], -(-count // 2))


def hubs(given: Given) -> Ranking:
    """Select the facts of the entity that most facts have: many answers stand near it."""
    ends = [end for fact in given.offer.facts for end in (fact.head, fact.tail)]
    counts = {end: ends.count(end) for end in dict.fromkeys(ends)}
    worth = [-counts[fact.head] - counts[fact.tail] for fact in given.offer.facts]
    return Ranking([int(slot) for slot in np.argsort(worth, kind="stable")], 8)


def one_of_each(given: Given) -> Ranking:
    """Select one fact of each relation: one of them is asked for."""
    seen: dict[str, int] = {}
    for slot, fact in enumerate(given.offer.facts):
        seen.setdefault(fact.relation, slot)
    return Ranking(list(seen.values()), len(seen))


_PICKS: dict[str, tuple[str, Pick]] = {
    "all_facts": ("Every fact that is offered.", everything),
    "no_facts": ("Stops at once.", nothing),
    "first_fact": ("The first fact, whatever it says.", first),
    "half_of_the_facts": ("Half of the facts, at random.", at_random),
    "hubs": ("The facts of the best connected entities.", hubs),
    "one_of_each_relation": ("One fact of every relation.", one_of_each),
}

EXPLOITS: tuple[Exploit, ...] = tuple(
    Exploit(
        name=name,
        family=FAMILY,
        summary=summary,
        game=FACTS,
        make=partial(Picker, name, pick),
    )
    for name, (summary, pick) in _PICKS.items()
) + tuple(
    Exploit(
        name=name,
        family=FAMILY,
        summary=summary,
        game=FACTS,
        make=partial(Insistent, name, most=most),
    )
    for name, summary, most in (
        ("same_fact_again", "The first fact in every turn, allowed or not.", 1),
        ("masked_facts", "Every slot there is, those without a fact too.", None),
    )
)
