"""Facts and relations as words: what encoders and retrievers read."""

from __future__ import annotations

import re
import zlib

from ...core import Fact

_BREAK = re.compile(r"[_./\s]+")


def relation_words(relation: str) -> str:
    """Return a relation's name as words.

    >>> relation_words("people.person.place_of_birth")
    'people person place of birth'
    """
    return _BREAK.sub(" ", relation).strip()


def fact_words(fact: Fact) -> str:
    """Return a fact as a phrase.

    >>> fact_words(Fact("Ada", "born_in", "London"))
    'Ada born in London'
    """
    return f"{fact.head} {relation_words(fact.relation)} {fact.tail}"


def relation_id(relation: str, count: int) -> int:
    """Return a relation's number, from 1: a hash of its name, the same everywhere.

    Names may share a number, as in all feature hashing: 28 relations in 4,096 numbers do with a
    probability of 9 %, and a larger `count` makes it rarer.

    >>> relation_id("born_in", 4096) == relation_id("born_in", 4096)
    True
    """
    return 1 + zlib.crc32(relation.encode("utf-8", "surrogatepass")) % (count - 1)
