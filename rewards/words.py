"""The words of a text that carry its content, for telling copies and constants from real work.

English function words are left out; accents and case do not matter. Chinese, Japanese and Korean,
written without blanks, count by pairs of characters. Used by the closures of the DagSearch reward;
answers are compared by `normalize`, which is another matter.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from .normalize import LONGEST_KEPT

_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_UNSPACED}]+|[^\W_{_UNSPACED}]+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_INITIALS = re.compile(r"\b(?:[A-Za-z]\. ?){2,}")

_LISTED = """
a an the this that these those it its he him his she her hers they them their i you your we us our
me my of in on at by for from to with without into onto out off up down over under about after
before during while since until between through as than then so if and or but nor not no yes both
either neither is are was were be been being am do does did doing has have had having can could will
would shall should may might must there here who whom whose which what when where why how s t
"""
FUNCTION_WORDS = frozenset(_LISTED.split())
"""Words that any English question or answer may share with any other."""


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text in order, in lower case and without accents.

    >>> words("Who directed L\u00e5nga n\u00e4tter?")
    ('who', 'directed', 'langa', 'natter')
    >>> words("\u6d77\u5357\u7701")
    ('\u6d77\u5357', '\u5357\u7701')
    """
    found = _WORD.findall(_plain(text))
    parts = {word: _parts(word) for word in set(found)}  # a long text has few different words
    return tuple(part for word in found for part in parts[word])


def content_words(text: str) -> frozenset[str]:
    """Return the words that are no function words and no single letters.

    >>> sorted(content_words("Who is the director of {A}?"))
    ['director']
    """
    return (_short_content if len(text) <= LONGEST_KEPT else _content)(text)


def _content(text: str) -> frozenset[str]:
    return frozenset(word for word in words(text) if _tells(word))


_short_content = lru_cache(maxsize=16_384)(_content)


def naming_words(text: str) -> frozenset[str]:
    """Return the words that name something: capitalised ones after the first, and numbers.

    Where there are none (a question in lower case, or in a script without capitals), all content
    words.

    >>> sorted(naming_words("Which film by Ada Orm came out in 1992?"))
    ['1992', 'ada', 'orm']
    """
    return (_short_naming if len(text) <= LONGEST_KEPT else _naming)(text)


def _naming(text: str) -> frozenset[str]:
    written = _WORD.findall(_plain(text))
    found = (word for place, word in enumerate(written) if _names(place, word))
    named = frozenset(part for word in found for part in _parts(word) if _tells(part, word))
    return named or content_words(text)


_short_naming = lru_cache(maxsize=16_384)(_naming)


def _plain(text: str) -> str:
    """Return text with full-width letters made plain and initials joined: "U. S." is US."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return _INITIALS.sub(lambda match: re.sub(r"[. ]", "", match.group()) + " ", plain)


def _names(place: int, word: str) -> bool:
    return (place > 0 and word[0].isupper()) or any(letter.isdigit() for letter in word)


def _parts(word: str) -> tuple[str, ...]:
    if word.isascii():
        return (word.lower(),)
    if _IS_UNSPACED.match(word):
        return tuple(word[n : n + 2] for n in range(max(len(word) - 1, 1)))
    letters = unicodedata.normalize("NFKD", word.lower())
    return ("".join(letter for letter in letters if not unicodedata.combining(letter)),)


def _tells(word: str, written: str = "") -> bool:
    if word in FUNCTION_WORDS:  # all in capitals, it is a name: US, IT, WHO
        return len(word) > 1 and written.isupper()
    return len(word) > 1 or not word.isascii() or word.isdigit()
