"""Reading without a model: which name or number in some documents answers some words.

A document about a name that the words mention comes first; in it, the sentence that shares the most
words; in that, the candidate nearest to a shared word. Where no word is shared, a sentence that
names another relation outright comes last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from functools import lru_cache
from typing import NamedTuple

from ..analyzer import Analyzer
from .names import names, numbers, sentences

_STEMS = Analyzer()
_NUMERIC = frozenset(_STEMS("year population number age date inhabitants people height length"))
_ASKS_NUMBER = re.compile(r"\b(?:when|how (?:many|much|old|long|far|tall|large))\b", re.IGNORECASE)
_ASKS_VERDICT = re.compile(
    r"(?:is|are|was|were|do|does|did|has|have|had|can)\b.*\?\s*$", re.IGNORECASE | re.DOTALL
)
_WORD = re.compile(r"\w+")
_RELATION = re.compile(
    r"\b[Tt]he (?:[a-z]+ )+(?:of|by|in|with|through) |\bha[sd] (?:the|its|a) [a-z]+ "
)
"""A sentence that names the relation it tells: "the mentor of Vel is", "Vel had the mentor"."""

Documents = Sequence[tuple[str, str]]


class Reading(NamedTuple):
    """What was found."""

    answer: str = ""
    sentence: str = ""
    sure: bool = False
    """Whether the document is about what was asked, and the sentence shares a word with it."""


class _Asked(NamedTuple):
    about: tuple[str, ...]
    stems: frozenset[str]
    number: bool


class _Candidate(NamedTuple):
    titled: bool
    """Whether the document is about what was asked about."""
    shared: int
    spoken: int
    unsaid: bool
    """Whether the sentence does not say outright that it tells something else."""
    nearness: int
    answer: str
    sentence: str


def read(words: str, documents: Documents) -> Reading:
    """Find the name or number that answers some words.

    >>> read("the director of Vel", [("Vel", "Vel is a film. The director of Vel is Ada Orm.")])
    Reading(answer='Ada Orm', sentence='The director of Vel is Ada Orm.', sure=True)
    >>> read("Who directed Vel?", [])
    Reading(answer='', sentence='', sure=False)
    """
    if _ASKS_VERDICT.match(words):
        return Reading("yes" if documents else "no")
    asked = _asked(words)
    best = max(_candidates(asked, documents), key=lambda c: c[:5], default=None)
    if best is None:
        return Reading()
    return Reading(best.answer, best.sentence, best.titled and best.shared > 0)


def wants_number(words: str) -> bool:
    """Return whether words ask for a number rather than a name."""
    return bool(_ASKS_NUMBER.search(words)) or not _NUMERIC.isdisjoint(_STEMS(words))


def _asked(words: str) -> _Asked:
    about = tuple(names(words))
    return _Asked(about, frozenset(_STEMS(_without(words, about))), wants_number(words))


def candidates(sentence: str, known: Set[str]) -> list[str]:
    """Return the names in a sentence.

    A word alone at the sentence's start may be a name or just its first word: it counts only if it
    is `known` from elsewhere (see `known_names`).
    """
    return [
        name
        for name in _names(sentence)
        if " " in name or not sentence.startswith(name) or name in known
    ]


def known_names(documents: Documents) -> set[str]:
    """Return the titles, and the names that stand inside sentences."""
    inside = (
        name
        for _, text in documents
        for sentence in split(text)
        for name in _names(sentence)
        if not sentence.startswith(name)
    )
    return {title for title, _ in documents}.union(inside)


@lru_cache(maxsize=65_536)
def split(text: str) -> tuple[str, ...]:
    """Return the sentences of a document."""
    return tuple(sentences(text))


def overlaps(name: str, others: Iterable[str]) -> bool:
    """Return whether a name contains, or is part of, one of the others."""
    return any(name in other or other in name for other in others)


def _candidates(asked: _Asked, documents: Documents) -> Iterator[_Candidate]:
    known = known_names(documents)
    for title, text in documents:
        titled = any(name in title for name in asked.about)
        for sentence in split(text):
            for answer in numbers(sentence) if asked.number else candidates(sentence, known):
                if not overlaps(answer, asked.about):
                    yield _candidate(asked, sentence, answer, titled)


def _candidate(asked: _Asked, sentence: str, answer: str, titled: bool) -> _Candidate:
    shared, places = _shared(asked, sentence)
    at = sentence.find(answer)
    nearness = -min((abs(at - place) for place in places), default=len(sentence))
    spoken = sum(name in sentence for name in asked.about)
    unsaid = shared > 0 or not _RELATION.search(sentence)
    return _Candidate(titled, shared, spoken, unsaid, nearness, answer, sentence)


def _shared(asked: _Asked, sentence: str) -> tuple[int, list[int]]:
    """Return how many asked stems a sentence has, and where."""
    found = [(stem, at) for stem, at in _stems_at(sentence) if stem in asked.stems]
    return len({stem for stem, _ in found}), [at for _, at in found]


def _without(text: str, about: Iterable[str]) -> str:
    for name in about:
        text = text.replace(name, " ")
    return text


@lru_cache(maxsize=65_536)
def _names(sentence: str) -> tuple[str, ...]:
    return tuple(names(sentence))


@lru_cache(maxsize=65_536)
def _stems_at(sentence: str) -> tuple[tuple[str, int], ...]:
    return tuple(
        (stem, match.start())
        for match in _WORD.finditer(sentence)
        for stem in _STEMS(match.group())
    )
