"""Whether a plan is about the question: what its first searches ask for stands in the question.

It knows words, and nothing of what is found. Used by the closure of the DagSearch reward against
one plan for all questions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache

from ..core import Question, Trajectory
from .plans import plan_steps
from .words import content_words, naming_words, words

MOST_WORDS = 12
"""Words of a query that are read, wherever its writer put blanks."""

MIN_SHARED = 3
"""Content words that a query without a name must share with the question."""

SHARE = 4
"""Of so many content words around a name, one must be the question's."""

STEM = 4
"""Letters by which words that are no names are compared: "hunter" and "hunters"."""

_LEAST_NAME, _MOST_ENDING = 5, 4
"""Letters of a name that may have an ending, and of the ending: "Egypt" and "Egyptians"."""


def is_grounded(question: Question, trajectory: Trajectory) -> bool:
    """Return whether the first plan is about the question.

    Most of the searches that build on no other one must ask for something of the question
    (`asks_of`): they have nothing else to go by. Later plans may follow up on what the first one
    found.
    """
    plans = plan_steps(trajectory)
    parsed = plans[0].parsed if plans else {}
    children = {child for _, child in parsed.get("edges", ())}
    first = [node["query"] for node in parsed.get("nodes", ()) if node["label"] not in children]
    return 2 * sum(asks_of(query, question.text) for query in first) > len(first)


def asks_of(query: str, question: str) -> bool:
    """Return whether a query asks for something of a question.

    It has a name or a number of the question, first, last, or in a query of which every fourth
    content word is the question's; or it shares three content words (as many as there are, if
    fewer), and they are half of its content. In a question that names nothing (in lower case), two
    words are enough, or one if it has no more than three. Of a query twelve words are read.

    >>> asks_of("Ada Orm birthplace", "Where was Ada Orm born?")
    True
    >>> asks_of("most famous film director", "Where was Ada Orm born?")
    False
    """
    read = words(query)[:MOST_WORDS]
    asked, named = content_words(question), naming_words(question)
    own = [word for word in dict.fromkeys(read) if word in named or content_words(word)]
    is_name = [_is_one_of(word, named) for word in own]
    stems = _stems(asked)
    shared = sum(name or word[:STEM] in stems for name, word in zip(is_name, own, strict=True))
    if named == asked:  # nothing is named
        return shared >= _least(own, asked) and 2 * shared >= len(own)
    if any(is_name) and (is_name[0] or is_name[-1] or SHARE * shared >= len(own)):
        return True
    return shared >= min(MIN_SHARED, max(len(asked), 1)) and 2 * shared >= len(own)


def _least(own: Collection[str], asked: frozenset[str]) -> int:
    """Return how many words are shared where no name is: of unspaced scripts, a pair tells."""
    if any(not word.isascii() and word in asked for word in own):
        return 1
    return max(min(2, len(asked) // 2), 1)


def _is_one_of(word: str, names: Collection[str]) -> bool:
    return word in names or any(_same(word, name) for name in names)


def _same(left: str, right: str) -> bool:
    short, long = sorted((left, right), key=len)
    return (
        len(short) >= _LEAST_NAME
        and len(long) - len(short) <= _MOST_ENDING
        and long.startswith(short)
        and short.isalpha()
    )


@lru_cache(maxsize=4_096)
def _stems(given: Iterable[str]) -> frozenset[str]:
    return frozenset(word[:STEM] for word in given)
