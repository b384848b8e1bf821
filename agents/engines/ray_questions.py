"""Question sets in Ray's object store: put there once, however many agents and tasks play them."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, NamedTuple

KEPT = 4
"""Sets that are remembered at a time: by who puts them there, and by each actor."""


class StoredQuestions(NamedTuple):
    """What an actor is sent in place of a question set."""

    reference: Any


class QuestionsStore:
    """Puts sets into the object store: the side of the process that hands out the work."""

    def __init__(self) -> None:
        self._stored: OrderedDict[int, tuple[Any, StoredQuestions]] = OrderedDict()

    def put(self, ray: Any, questions: Any) -> StoredQuestions:
        """Return what stands for a set; one that was put there lately is not put there again."""
        known = self._stored.pop(id(questions), None) or (
            questions,  # held, so that no other object gets its id
            StoredQuestions(ray.put(questions)),
        )
        self._stored[id(questions)] = known
        _trim(self._stored)
        return known[1]

    def clear(self) -> None:
        """Forget them; Ray gives their memory back."""
        self._stored.clear()


class TakenQuestions:
    """Takes sets from the object store: the side of an actor, which keeps their indexes with them."""

    def __init__(self) -> None:
        self._taken: OrderedDict[Any, Any] = OrderedDict()

    def get(self, ray: Any, stored: StoredQuestions) -> Any:
        """Return the set; the same object while it is remembered."""
        found = self._taken.pop(stored.reference, None)
        found = ray.get(stored.reference) if found is None else found
        self._taken[stored.reference] = found
        _trim(self._taken)
        return found


def _trim(kept: OrderedDict[Any, Any]) -> None:
    while len(kept) > KEPT:
        kept.popitem(last=False)
