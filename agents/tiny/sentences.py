"""The sentences in which the small policy states what it read: the question's own words.

A question asks for "the author of Vel", and so the sentence begins with these words and ends with
what was found. What must be found out thus always stands before the finding, and a copy after it.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...core import Fact
from ...envs.datasets.world.relations import BY_NAME, Relation


def statement(fact: Fact) -> str:
    """Say a fact in the question's own words.

    >>> statement(Fact("Vel", "author", "Ada Orm"))
    'The author of Vel is Ada Orm.'
    """
    return BY_NAME[fact.relation].wordings[0].format(h=fact.head, t=fact.tail)


def compared(relation: Relation, numbers: Sequence[int], *, most: bool) -> str:
    """Say which of some numbers a comparison picks.

    >>> compared(BY_NAME["birth_year"], [1850, 1790], most=False)
    'The oldest of 1850 and 1790 is 1790.'
    """
    words = relation.most if most else relation.least
    listed = f"{', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"
    picked = max(numbers) if most else min(numbers)
    return f"{words[0].upper()}{words[1:]} {listed} is {picked}."


def met(noun: str, facts: Sequence[Fact]) -> str:
    """Say who fulfils some conditions.

    >>> met("book", [Fact("Vel", "author", "Ada"), Fact("Vel", "publisher", "Bo")])
    'The book that has the author Ada and has the publisher Bo is Vel.'
    """
    known = " and ".join(BY_NAME[f.relation].condition.format(x=f.tail) for f in facts)
    return f"The {noun} that {known} is {facts[0].head}."
