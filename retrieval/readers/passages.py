"""What a document says, taken apart once: its subject, its sentences, and the names in them.

It knows nothing of any question, so that the same document is never taken apart twice.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from ..analyzer import Analyzer
from .names import dated, mentioned, numbered, sentences
from .senses import kinds_of, senses_of

MOST_READ = 20_000
"""Characters of a document; what comes after is not read."""

MOST_TITLE = 500
"""And of its title."""

_WORD = re.compile(r"\w+")
_ASIDE = re.compile(r"\([^()]*\)$")
_JOINTS = frozenset(["of", "the", "and", "for", "de", "du", "la", "le", "van", "von", "di", "al"])
_VAGUE = re.compile(r"(?:An?|Some|Any|Another) [a-z]")
_IS_A = re.compile(r"[^.;]*?(?:,| is| was| are| were) (?:an?|the|one of the) ([^.,;:()]+)")
_PEOPLE = re.compile(r"\w+(?:ish|ian|can|ean|ese|ench|utch)(?:-\w+)?")
_LIFE = re.compile(r"\s?[\u2013\u2014-]\s?[^().;]{0,40}")
"""What stands between the day of a birth and that of a death."""

_YEAR = re.compile(r"[12]?\d{3}")
_NONE: frozenset[str] = frozenset()


class Mention(NamedTuple):
    """A name, a number or a day in a sentence."""

    text: str
    sort: str
    """`name`, `number` or `date`."""
    words: frozenset[str]
    """A name's words; see `bare`."""
    at: int
    """Which word of the sentence is its first."""
    end: int
    """Which word comes after it."""
    kinds: frozenset[str]
    """What it is said to be: "the company Orm", "Orm University", "in Orm"."""
    senses: frozenset[str] = _NONE
    """What it is said of, such as `birth`, where its place in brackets tells."""
    by: bool = False
    """Whether it follows "by"."""


class Sentence(NamedTuple):
    """One sentence."""

    text: str
    words: frozenset[str]
    stems: dict[str, list[int]]
    """Which words of the sentence have a stem."""
    senses: dict[str, list[int]]
    """Which words of the sentence speak of something."""
    mentions: tuple[Mention, ...]
    vague: bool
    """Whether it opens with something new, as "A fair in Orm" and "Some visitors" do."""


class Passage(NamedTuple):
    """One document."""

    title: frozenset[str]
    """Its words."""
    subject: str
    """The name that it is about."""
    about: frozenset[str]
    """The subject's words."""
    kinds: frozenset[str]
    """What the subject is: "Vel is a city"."""
    sentences: tuple[Sentence, ...]
    words: frozenset[str]
    """All words of the text."""
    known: frozenset[str]
    """The subject, and the names that stand inside sentences."""


def bare(text: str) -> frozenset[str]:
    """Return the words of a name in lower case, without those that only join.

    >>> sorted(bare("Dan the Glass of Orm")) == sorted(bare("Dan Glass Orm"))
    True
    """
    words = frozenset(_WORD.findall(text.lower()))
    return words - _JOINTS or words


@lru_cache(maxsize=1)
def stems() -> Analyzer:
    """Return what makes stems of words, and nothing of stop words."""
    return Analyzer()


@lru_cache(maxsize=8_192)
def passage(title: str, text: str) -> Passage:
    """Take a document apart."""
    text = text[:MOST_READ]
    said = tuple(_sentence(sentence) for sentence in sentences(text))
    subject = _subject(title, text)
    about = bare(subject)
    inside = (mention.text for sentence in said for mention in sentence.mentions if mention.at)
    return Passage(
        title=bare(title),
        subject=subject,
        about=about,
        kinds=_kinds(about, said[:2]),
        sentences=said,
        words=frozenset().union(*(sentence.words for sentence in said)),
        known=frozenset([subject, *inside]),
    )


def _subject(title: str, text: str) -> str:
    """Return the title, or the name in it that the text speaks of most: "Notes on Vel" is of Vel."""
    whole = _ASIDE.sub("", title[:MOST_TITLE].rstrip()).rstrip()
    if whole in text:
        return whole
    found = [name for name, _ in mentioned(whole) if name in text]
    return max(found, key=lambda name: (text.count(name), len(name)), default=whole)


def _kinds(about: frozenset[str], opening: Sequence[Sentence]) -> frozenset[str]:
    """Return what a subject is: by "Vel is a city", "Vel, a city," or "the city Vel"."""
    is_a = _IS_A.match(opening[0].text)
    kinds = kinds_of(stems()(is_a[1])) if is_a else frozenset()
    named_so = (m.kinds for said in opening for m in said.mentions if m.words == about)
    return kinds.union(*named_so) - {"place"}


def _sentence(text: str) -> Sentence:
    matches = list(_WORD.finditer(text))
    words = [match.group() for match in matches]
    places: dict[str, list[int]] = {}
    senses: dict[str, list[int]] = {}
    for place, word in enumerate(words):
        for stem in stems()(word):
            places.setdefault(stem, []).append(place)
            if place == 0 or word.islower():  # a capital makes it part of a name
                for sense in senses_of([stem]):
                    senses.setdefault(sense, []).append(place)
    mentions = tuple(_mentions(text, words, [match.start() for match in matches]))
    lower = frozenset(word.lower() for word in words)
    return Sentence(text, lower, places, senses, mentions, bool(_VAGUE.match(text)))


def _mentions(text: str, words: Sequence[str], starts: Sequence[int]) -> Iterator[Mention]:
    in_days: set[int] = set()
    days = dated(text)
    for (day, start), senses in zip(days, _life(text, days), strict=True):
        at = _word_at(starts, start)
        end = at + len(_WORD.findall(day))
        in_days.update(range(at, end))
        yield Mention(day, "date", _NONE, at, end, _NONE, senses)
    for number, start in numbered(text):
        at = _word_at(starts, start)
        dated_so = at > 0 and words[at - 1].lower() in ("in", "since", "until")
        year = at in in_days or (dated_so and _YEAR.fullmatch(number) is not None)
        yield Mention(number, "number", _NONE, at, at + 1, frozenset(["year"] if year else ()))
    for name, start in mentioned(text):
        at = _word_at(starts, start)
        if at not in in_days:
            yield _name(name, words, at)


def _word_at(starts: Sequence[int], character: int) -> int:
    """Return which word a character belongs to, or comes after."""
    return max(0, bisect_right(starts, character) - 1)


def _life(text: str, days: Sequence[tuple[str, int]]) -> list[frozenset[str]]:
    """Return what each day is: of two with a dash between them, the birth's and the death's."""
    found = [_NONE] * len(days)
    for number, ((day, start), (_, after)) in enumerate(pairwise(days)):
        if _LIFE.fullmatch(text, start + len(day), after):
            found[number : number + 2] = frozenset(["birth"]), frozenset(["death"])
    return found


def _name(name: str, words: Sequence[str], at: int) -> Mention:
    end = at + len(_WORD.findall(name))
    before = words[at - 1] if at else ""
    role = stems()(before) if before.islower() else []
    kinds = set(kinds_of([*role, *stems()(name)]))
    if before.lower() in ("in", "at", "near"):
        kinds.add("place")
    follows = words[end] if end < len(words) else ""
    if _PEOPLE.fullmatch(name) and follows.islower() and stems()(follows):
        kinds.add("people")
    return Mention(name, "name", bare(name), at, end, frozenset(kinds), by=before == "by")
