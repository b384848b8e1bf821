"""The outline of a search: all the queries that a question needs, before anything is known.

The question is taken apart as `phrases` does it, but a part that has not been looked up yet is
called by a stand-in, a made-up name that becomes a placeholder in the queries that build on it.
Used by `planner`; it knows neither sources nor grammars.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import ascii_uppercase

from .iterative import MOST_PARTS, is_settled
from .phrases import Comparison, next_part, simplify

MOST = len(ascii_uppercase)


def outline(question: str, most: int = MOST) -> list[str]:
    """Return the first `most` queries, in an order in which they can be asked.

    `{A}` in a query stands for what the first one finds, `{B}` for the second, and so on. What
    fulfils several conditions is one query. A comparison is one query for each candidate; what is
    asked about the winner is then asked about each of them, as far as there is room, since a plan
    cannot know who wins.

    >>> outline("Who was the mentor of the author of Vel?")
    ['author of Vel', 'mentor of {A}']
    >>> outline("What is the birthplace of the author of the latest of Vel and Orm?", most=4)
    ['Vel year', 'Orm year', 'author of Vel', 'birthplace of {C}']
    """
    names = _StandIns(question)
    queries: dict[str, int] = {}
    for query in _queries(question, names, queries):
        if len(queries) >= min(most, MOST):
            break
        queries.setdefault(query, len(queries))
    return [names.as_placeholders(query) for query in queries]
