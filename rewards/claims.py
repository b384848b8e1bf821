"""The claims that a text makes, and the words on which their support depends.

A claim is a sentence, an item of a list or what a semicolon parts, with its citations taken off.
What says nothing that could be checked (a yes, "I do not know", function words alone) is none. It
knows English sentences and the form of names; whether a claim is supported is decided elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from ..retrieval.readers.names import sentences
from .citation import without_citations
from .genuine import is_answer
from .judges.wording import SMALL
from .words import FUNCTION_WORDS, content_words, naming_words, words

_PIECE = re.compile(r"[^\n;\u3002\uff01\uff1f]+")
_BULLET = re.compile(r"[\s>#*\u2022\u00b7-]*(?:\d{1,2}[.)]\s+)?[\s*]*")
_NEGATED = re.compile(r"n['\u2019]t\b", re.IGNORECASE)
_VERDICTS = frozenset({"yes", "no", "true", "false"})
NEGATIONS = frozenset({"not", "never", "no", "nor", "neither", "without", "cannot"})
"""A claim with one of them needs a document with one of them."""


class Claimed(NamedTuple):
    """Something that a text says."""

    text: str
    start: int
    """Where it stands in the text."""
    end: int


class Wanted(NamedTuple):
    """The words of a claim, without accents and in lower case."""

    strict: frozenset[str]
    """Names and numbers, of which none may be missing."""
    other: frozenset[str]
    """What else tells something."""
    opening: str
    """The first word, where it is capitalised and perhaps no name; else nothing."""
    negated: bool


def split_claims(text: str) -> tuple[Claimed, ...]:
    """Return the claims of a text, in order.

    >>> [claim.text for claim in split_claims("Ada R. Orm was born in Tessa [1]. She died in 1992.")]
    ['Ada R. Orm was born in Tessa.', 'She died in 1992.']
    >>> split_claims("Yes."), split_claims("It is unknown.")
    ((), ())
    """
    found = []
    for start, piece in _pieces(text):
        said = without_citations(piece).strip()
        if _can_be_checked(said):
            found.append(Claimed(said, start, start + len(piece)))
    return tuple(found)


@lru_cache(maxsize=4_096)
def wanted(claim: str, question: str = "") -> Wanted:
    """Return the words that must stand in a document for a claim to be supported.

    What the question says already needs no support, unless the claim says nothing else, as where
    it chooses one of the question's candidates. Where nothing is capitalised, every word is strict.

    >>> found = wanted("Vel was directed by Ada Orm.", "Who directed Vel?")
    >>> sorted(found.strict), sorted(found.other)
    (['ada', 'orm'], [])
    """
    plain = said_plainly(claim)
    asked = frozenset(words(question))
    said = content_words(plain)
    own = said - asked or said
    opening = _opening(plain)
    strict = naming_words(f"x {plain}") & own  # behind a word, the first counts as a name as well
    tells = {word for word in own if word not in SMALL}
    if not strict:
        strict = frozenset(tells or own)
    return Wanted(
        strict,
        frozenset(tells - strict),
        opening if opening in strict and len(strict) > 1 else "",
        not NEGATIONS.isdisjoint(words(plain)),
    )


def said_plainly(text: str) -> str:
    """Return text with "not" for what is short for it: "isn't" is "is not".

    >>> said_plainly("It isn't Vel.")
    'It is not Vel.'
    """
    return _NEGATED.sub(" not", text)


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """Yield where each sentence begins, and the sentence."""
    for match in _PIECE.finditer(text):
        line, start = match[0], match.start()
        bullet = _BULLET.match(line)
        place = bullet.end() if bullet else 0
        for sentence in sentences(line[place:]):
            place = line.index(sentence, place)
            yield start + place, sentence
            place += len(sentence)


def _can_be_checked(said: str) -> bool:
    if not said or not is_answer(said, ()):
        return False
    return bool(content_words(said) - _VERDICTS)


def _opening(claim: str) -> str:
    """Return the first word if it is capitalised and no function word."""
    first = claim.split(maxsplit=1)[:1]
    found = words(first[0]) if first and first[0][:1].isupper() else ()
    return found[0] if found and found[0] not in FUNCTION_WORDS else ""
