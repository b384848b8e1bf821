"""The outline of a search: all the queries that a question needs, before anything is known.

The question is taken apart as `phrases` does it, but a part that has not been looked up yet is
called by a stand-in, a made-up name that becomes a placeholder in the queries that build on it.
Used by `planner`; it knows neither sources nor grammars.
"""

from __future__ import annotations

import re
from string import ascii_lowercase

from .iterative import MOST_PARTS
from .phrases import Comparison, is_settled, next_part, simplify

MOST = len(ascii_lowercase)
"""Queries of an outline, and ways that a question is followed after comparisons, at most."""


def outline(question: str, most: int = MOST) -> list[str]:
    """Return the first `most` queries, in an order in which they can be asked.

    `{A}` in a query stands for what the first one finds, `{B}` for the second, and so on. What
    fulfils several conditions is one query. A comparison is one query for each candidate; what is
    asked about the winner is then asked about each of them, one after the other, as far as there
    is room: before anything is read, nobody knows who wins.

    >>> outline("Who was the mentor of the author of Vel?")
    ['author of Vel', 'mentor of {A}']
    >>> outline("What is the birthplace of the author of the latest of Vel and Orm?", most=4)
    ['Vel year', 'Orm year', 'author of Vel', 'birthplace of {C}']
    """
    found = _Outline(question, min(most, MOST))
    found.take_apart(question)
    return found.queries


class _Outline:
    """The queries so far, and the names that stand for what they will find."""

    def __init__(self, question: str, most: int) -> None:
        self._most = most
        self._places: dict[str, int] = {}
        self._ways = 0
        self._name = "Xq"
        while self._name in question:
            self._name += "q"

    @property
    def queries(self) -> list[str]:
        """The queries, with placeholders."""
        name = re.compile(rf"\b{self._name}([a-z])\b")
        return [name.sub(lambda m: f"{{{m[1].upper()}}}", query) for query in self._places]

    def take_apart(self, question: str) -> None:
        """Add what a question needs, one way after the other where a comparison parts them."""
        self._ways += 1
        for _ in range(MOST_PARTS):
            part = next_part(question)
            if isinstance(part, Comparison):
                self._compare(part, question)
                return
            name = self._add(part.queries[0])
            if not name or part.text == question:
                return
            question = simplify(question.replace(part.text, name))
            if is_settled(question, name):
                return

    def _compare(self, part: Comparison, question: str) -> None:
        names, measures = zip(*(query.rsplit(" ", 1) for query in part.queries), strict=True)
        ways = [question.replace(part.text, name) for name in names if part.text != question]
        # "The birth year of the oldest": asking each for it tells who is the oldest, too.
        told = bool(ways) and measures[0] in next_part(ways[0]).queries[0].split()
        if not told:
            for query in part.queries:
                self._add(query)
        for way in ways:
            if len(self._places) < self._most and self._ways < MOST:
                self.take_apart(way)

    def _add(self, query: str) -> str:
        """Add a query; return what stands for its result, or nothing if there is no room."""
        if query not in self._places and len(self._places) >= self._most:
            return ""
        return f"{self._name}{ascii_lowercase[self._places.setdefault(query, len(self._places))]}"
