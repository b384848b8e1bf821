"""Finding names, numbers and sentences in English text by their form alone: no model, no list.

A name is a run of capitalised words, held together by small words where another capital follows:
"University of Vel", "Dan the Glass of Orm", "Ull and the Late Thrones".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from functools import lru_cache

Documents = Sequence[tuple[str, str]]
"""`(title, text)` of each."""

_CAPITAL = r"(?:[A-Z\u00c0-\u00de][\w'\u2019&.-]*|\d[\w-]*)"
_JOINT = r"(?:of the|and the|of|the|for|de|du|la|le|van|von|di|al)"
NAME = rf"{_CAPITAL}(?: (?:{_JOINT} )?{_CAPITAL})*"
"""The pattern of a name."""

_NAME = re.compile(rf"(?<!\w){NAME}")
_NUMBER = re.compile(r"(?<![\w.,])\d{1,15}(?:,\d{3}){0,4}(?![\w]|[.,]\d)")
_MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_DATE = re.compile(
    rf"\b(?:\d{{1,2}}(?:st|nd|rd|th)? {_MONTH},? \d{{3,4}}|{_MONTH} \d{{1,2}}(?:, ?| )\d{{3,4}})\b"
)
_SENTENCE = re.compile(
    r"(?<=[.!?])(?<!\b[A-Z]\.)(?<!\b(?:Dr|Mr|Ms|St|Jr)\.)(?<!\bMrs\.)\s+(?=[A-Z\u00c0-\u00de\d\"'])"
)
"""Where a sentence ends; not after an initial or a title, as in "R. Orm" and "Dr. Orm"."""
_OPENERS = frozenset(
    [
        "a",
        "an",
        "the",
        "this",
        "that",
        "these",
        "those",
        "it",
        "its",
        "he",
        "she",
        "his",
        "her",
        "they",
        "their",
        "in",
        "on",
        "at",
        "by",
        "for",
        "from",
        "of",
        "as",
        "with",
        "since",
        "after",
        "before",
        "during",
        "when",
        "while",
        "where",
        "what",
        "which",
        "who",
        "whom",
        "whose",
        "how",
        "is",
        "are",
        "was",
        "were",
        "do",
        "does",
        "did",
        "has",
        "have",
        "had",
        "can",
        "another",
        "some",
        "all",
        "one",
        "our",
        "us",
        "and",
        "or",
        "but",
        "if",
        "there",
    ]
)


def sentences(text: str) -> list[str]:
    """Split text into sentences.

    >>> sentences("Vel is a film. Ada R. Orm made it.")
    ['Vel is a film.', 'Ada R. Orm made it.']
    """
    return _SENTENCE.split(text)


def names(text: str) -> list[str]:
    """Return the names in a text, in order; an ordinary word that opens a sentence is none.

    >>> names("Who is the mentor of Dan the Glass of Orm or Ada Orm?")
    ['Dan the Glass of Orm', 'Ada Orm']
    """
    return [name for name, _ in mentioned(text)]


def mentioned(text: str) -> list[tuple[str, int]]:
    """Return the names in a text, each with the place of its first letter.

    >>> mentioned("When did Ada meet Bo Lin?")
    [('Ada', 9), ('Bo Lin', 18)]
    """
    found = []
    for match in _NAME.finditer(text):
        name, cut = _trimmed(match.group())
        if name and not name[0].isdigit():
            found.append((name, match.start() + cut))
    return found


def numbers(text: str) -> list[str]:
    """Return the numbers in a text, as they are written.

    >>> numbers("In 1815, 12,500 people lived there.")
    ['1815', '12,500']
    """
    return _NUMBER.findall(text)


def numbered(text: str) -> list[tuple[str, int]]:
    """Return the numbers in a text, each with the place of its first digit."""
    return [(match.group(), match.start()) for match in _NUMBER.finditer(text)]


def dated(text: str) -> list[tuple[str, int]]:
    """Return the days in a text, each with the place of its first character.

    >>> dated("Born on 10 May 1815, died on November 27, 1852.")
    [('10 May 1815', 8), ('November 27, 1852', 29)]
    """
    return [(match.group(), match.start()) for match in _DATE.finditer(text)]


def value(number: str) -> int:
    """Return what a written number is worth.

    >>> value("12,500")
    12500
    """
    return int(number.replace(",", ""))


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


@lru_cache(maxsize=65_536)
def _names(sentence: str) -> tuple[str, ...]:
    return tuple(names(sentence))


def _trimmed(name: str) -> tuple[str, int]:
    """Take off a full stop, a possessive, and words that only open a sentence.

    Returns what is left, and how many characters went before it.
    """
    name = name.rstrip(".-&'\u2019").removesuffix("'s").removesuffix("\u2019s")
    words = name.split(" ")
    while words and words[0].lower() in _OPENERS and not (words[0] == "The" and words[1:]):
        del words[0]
    left = " ".join(words)
    return left, len(name) - len(left)
