"""What a document says, taken apart once: its subject, its sentences, and the names in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from ..analyzer import Analyzer
from .names import dates, mentioned, numbers, sentences
from .senses import kinds_of, senses_of

Documents = Sequence[tuple[str, str]]
"""`(title, text)` of some documents."""

STEMS = Analyzer()
_WORD = re.compile(r"\w+")
_ASIDE = re.compile(r"\s*\([^()]*\)\s*$")
_VAGUE = re.compile(r"(?:An?|Some|Any|Another) [a-z]")
_IS_A = re.compile(r"^[^.;]*?(?:,| (?:is|was|are|were)) (?:an?|the|one of the) ([^.,;:()]+)")
_JOINTS = frozenset(["of", "the", "and", "for", "de", "du", "la", "le", "van", "von", "di", "al"])


class Mention(NamedTuple):
    """A name, number or date in a sentence."""

    text: str
    sort: str
    """`name`, `number` or `date`."""
    words: frozenset[str]
    """Its words in lower case, without the small ones."""
    at: int
    """The place of its first word in the sentence."""
    end: int
    kinds: frozenset[str]
    """What kinds of things it says that it is: "the company Orm", "University of Orm"."""


class Sentence(NamedTuple):
    """One sentence."""

    text: str
    places: dict[str, list[int]]
    """Where each stem stands."""
    senses: dict[str, list[int]]
    """Where each sense is touched."""
    mentions: tuple[Mention, ...]
    words: frozenset[str]
    vague: bool
    """Whether it opens with something new: "A fair in Orm", "Some visitors"."""


class Passage(NamedTuple):
    """One document."""

    title: frozenset[str]
    """The title's words."""
    subject: str
    """The name that it is about."""
    words: frozenset[str]
    """The subject's words."""
    kinds: frozenset[str]
    """What its subject is: "Vel is a city"."""
    sentences: tuple[Sentence, ...]
    all: frozenset[str]


def bare(text: str) -> frozenset[str]:
    """Return the words of a name in lower case, without those that only join.

    >>> sorted(bare("Dan the Glass of Orm"))
    ['dan', 'glass', 'orm']
    """
    words = frozenset(_WORD.findall(text.lower()))
    return words - _JOINTS or words


@lru_cache(maxsize=32_768)
def passage(title: str, text: str) -> Passage:
    """Take a document apart."""
    said = tuple(_sentence(sentence) for sentence in sentences(text))
    subject = _subject(title, text)
    words = bare(subject)
    is_a = _IS_A.match(text)
    kinds = kinds_of(STEMS(is_a[1])) if is_a else frozenset()
    for sentence in said[:2]:
        for mention in sentence.mentions:
            if mention.words == words:
                kinds |= mention.kinds
    all_ = frozenset(word for sentence in said for word in sentence.words) 
    return Passage(bare(title), subject, words, kinds, said, all_)


def _subject(title: str, text: str) -> str:
    """Return the title, or the name in it that the text speaks of most: "Notes on Vel" is of Vel."""
    whole = _ASIDE.sub("", title)
    if whole in text:
        return whole
    found = [name for name, _ in mentioned(whole)]
    best = max(found, key=lambda name: (text.count(name), len(name)), default="")
    return best if best and best in text else whole


def _sentence(text: str) -> Sentence:
    matches = list(_WORD.finditer(text))
    words = [m.group() for m in matches]
    starts = {match.start(): place for place, match in enumerate(matches)}
    stems = [STEMS(word) for word in words]
    places: dict[str, list[int]] = {}
    senses: dict[str, list[int]] = {}
    for place, found in enumerate(stems):
        for stem in found:
            places.setdefault(stem, []).append(place)
        if place == 0 or words[place].islower():
            for sense in senses_of(found):
                senses.setdefault(sense, []).append(place)
    mentions = tuple(_mentions(text, starts, words, stems))
    return Sentence(text, places, senses, mentions, frozenset(w.lower() for w in words), bool(_VAGUE.match(text)))


def _mentions(
    text: str, starts: dict[int, int], words: list[str], stems: list[list[str]]
) -> Iterator[Mention]:
    for name, start in mentioned(text):
        at = starts.get(start, 0)
        end = at + len(_WORD.findall(name))
        role = stems[at - 1] if at and words[at - 1].islower() else []
        own = [stem for place in range(at, min(end, len(stems))) for stem in stems[place]]
        yield Mention(name, "name", bare(name), at, end, kinds_of([*role, *own]))
    for name, start in dates(text):
        at = starts.get(start, 0)
        yield Mention(name, "date", frozenset(), at, at + 3, frozenset())
    for name in numbers(text):
        at = starts.get(text.find(name), 0)
        yield Mention(name, "number", frozenset(), at, at + 1, frozenset())
