"""What the oracle does where facts are selected: it takes the gold facts that are offered, and stops."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from ..core import Fact
from ..envs.subgraph.case import Offer
from .selecting import Given, Ranking, SelectingAgent


class GoldFacts(SelectingAgent):
    """Selects the gold facts, path after path, so that as many answers as possible are reached.

    Questions are looked up when they are played: a set whose graphs are made when asked for makes
    no others.
    """

    name = "oracle"

    def rank(self, questions: Sequence[Given]) -> list[Ranking]:
        """Return the gold facts of each question."""
        return [self._of(*one) for one in questions]

    def _of(self, question_id: str, offer: Offer) -> Ranking:
        gold = set(self.table.stage.by_id(question_id).gold_facts)
        places = self.table.stage.places(question_id)
        slots = [slot for slot, place in enumerate(places) if place in gold]
        order = in_walking_order({slot: offer.facts[slot] for slot in slots}, offer.topics)
        return Ranking(order, len(order))


def in_walking_order(facts: dict[int, Fact], topics: Iterable[str]) -> list[int]:
    """Return the numbers of facts as one walks them from the topics, each way to its end first.

    Where a limit cuts the list, whole ways stand before it. What no way leads to comes last.

    >>> a, b, c = Fact("Ada", "knows", "Bo"), Fact("Ada", "in", "Ull"), Fact("Bo", "in", "Oz")
    >>> in_walking_order({0: a, 1: b, 2: c}, ["Ada"])
    [0, 2, 1]
    """
    beside: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for number, fact in facts.items():
        beside[fact.head].append((number, fact.tail))
        beside[fact.tail].append((number, fact.head))
    order: dict[int, None] = {}
    met: set[str] = set()
    for topic in topics:
        waiting = [*reversed(beside[topic])]
        met.add(topic)
        while waiting:
            number, entity = waiting.pop()
            order.setdefault(number)
            if entity not in met:
                met.add(entity)
                waiting += reversed(beside[entity])
    return [*order, *(number for number in facts if number not in order)]
