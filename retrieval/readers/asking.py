"""What a query asks: about which names, in which words, and for what kind of thing."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from .names import names
from .passages import bare, stems
from .senses import kinds_of, senses_of, stem, wanted

_NUMERIC = "year population number age date inhabitants people height length"
_ASKS_NUMBER = re.compile(r"\b(?:when|how (?:many|much|old|long|far|tall|large))\b", re.IGNORECASE)
_ASKS_DAY = re.compile(r"\b(?:when|date|day|birthday)\b", re.IGNORECASE)
_ASKS_VERDICT = re.compile(
    r"(?:is|are|was|were|do|does|did|has|have|had|can)\b.*\?\s*$", re.IGNORECASE | re.DOTALL
)
_ASKS_THING = re.compile(r"\W*(?:(who|whom)\b|(?:which|what) (\w+))", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_YEAR = frozenset(["year"])
_NONE: frozenset[str] = frozenset()


class Asked(NamedTuple):
    """A query, taken apart."""

    names: tuple[frozenset[str], ...]
    """The words of each name in it."""
    named: frozenset[str]
    """The words of all its names."""
    words: frozenset[str]
    """All its words, in lower case."""
    stems: tuple[str, ...]
    """The stems of what is no name."""
    senses: frozenset[str]
    """What these speak of."""
    kinds: frozenset[str]
    """What kinds of things may answer; any, if empty."""
    sorts: frozenset[str]
    """Whether names, numbers or dates may answer."""


@lru_cache(maxsize=8_192)
def asked(query: str) -> Asked:
    """Take a query apart.

    >>> found = asked("Which city lies on the river Orm?")
    >>> found.stems, sorted(found.kinds), sorted(found.sorts)
    (('citi', 'lie', 'river'), ['city'], ['name'])
    """
    found = names(query)
    rest = query
    for name in found:
        rest = rest.replace(name, " ")
    terms = tuple(dict.fromkeys(stems()(rest)))
    sorts = _sorts(query)
    each = tuple(bare(name) for name in found)
    return Asked(
        names=each,
        named=frozenset().union(*each),
        words=frozenset(_WORD.findall(query.lower())),
        stems=terms,
        senses=senses_of(terms),
        kinds=wanted(stem(rest)) if "name" in sorts else _YEAR if "year" in terms else _NONE,
        sorts=sorts,
    )


def wants_number(words: str) -> bool:
    """Return whether words ask for a number rather than a name.

    >>> wants_number("How many people live in Vel?"), wants_number("Who made Vel?")
    (True, False)
    """
    return bool(_ASKS_NUMBER.search(words)) or not _numeric().isdisjoint(stems()(words))


def wants_verdict(words: str) -> bool:
    """Return whether words ask for a yes or a no.

    >>> wants_verdict("Are Vel and Orm both films?"), wants_verdict("Has Vel year")
    (True, False)
    """
    return bool(_ASKS_VERDICT.match(words))


@lru_cache(maxsize=1)
def _numeric() -> frozenset[str]:
    return frozenset(stems()(_NUMERIC))


def _sorts(query: str) -> frozenset[str]:
    thing = _ASKS_THING.match(query)
    if thing and (thing[1] or kinds_of(stem(thing[2]))):
        return frozenset(["name"])  # "Which film came out in the year 1990?"
    if _ASKS_DAY.search(query):
        return frozenset(["date", "number"])
    return frozenset(["number"] if wants_number(query) else ["name"])
