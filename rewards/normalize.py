"""Answer normalisation, in the variants that published systems use.

Two figures are comparable only if their answers were normalised alike, so each variant has a name.
Text in, text out; nothing here knows questions or scores.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from functools import lru_cache

from ..errors import unknown_name

Normalizer = Callable[[str], str]

LONGEST_KEPT = 256
"""Characters. What is derived of an agent's longer texts is not kept: they rarely come again, and a
cache full of them is a leak by another name."""

_BLANK = str.maketrans(dict.fromkeys(string.punctuation, " "))
_BLANK_QUOTES = str.maketrans(dict.fromkeys(f"{string.punctuation}\u2018\u2019\u00b4\u0060", " "))
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_ARTICLE = frozenset(("a", "an", "the"))


def squad(text: str) -> str:
    """Normalise as the official SQuAD v1.1 and HotpotQA scripts do.

    Lower case, punctuation deleted (not blanked), articles dropped, blanks collapsed.

    >>> squad("The U.S.,  of A")
    'us of'
    """
    plain = _unmarked(text.lower())
    if plain.isascii() and plain.isprintable():  # then blanks alone part words: the same, faster
        return " ".join([word for word in plain.split() if word not in _ARTICLE])
    return " ".join(_ARTICLES.sub(" ", plain).split())


def squad_words(text: str) -> list[str]:
    """Return the words of a text as `squad` has them, and the articles too: that is quicker.

    >>> squad_words("The U.S.,  of A")
    ['the', 'us', 'of', 'a']
    """
    return _unmarked(text.lower()).split()


def _unmarked(text: str) -> str:
    """Delete punctuation; a pass for each mark that is there is quicker than `str.translate`."""
    for mark in string.punctuation:
        if mark in text:
            text = text.replace(mark, "")
    return text


def r1_searcher(text: str) -> str:
    """Normalise as R1-Searcher's evaluation does (arXiv 2503.05592).

    Punctuation and quotes become blanks. An answer that is exactly True or False, blanks counted,
    becomes yes or no: only so are its published figures met.

    >>> r1_searcher("The U.S."), r1_searcher("True")
    ('u s', 'yes')
    """
    text = {"True": "yes", "False": "no"}.get(text, text)
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_BLANK_QUOTES)).split())


def igpo(text: str) -> str:
    """Normalise as IGPO does: punctuation becomes blanks, articles stay.

    >>> igpo("The U.S.")
    'the u s'
    """
    return " ".join(text.lower().translate(_BLANK).split())


NORMALIZERS: dict[str, Normalizer] = {"squad": squad, "r1_searcher": r1_searcher, "igpo": igpo}


def normalizer(name: str) -> Normalizer:
    """Return a normaliser by name.

    Raises:
        UnknownNameError: If there is none of that name.
    """
    if name not in NORMALIZERS:
        raise unknown_name("normalizer", name, NORMALIZERS, "hopgym rewards")
    return NORMALIZERS[name]


def squad_cached(text: str) -> str:
    """Normalise short text that comes again: gold answers, queries, a prediction."""
    return _squad(text) if len(text) <= LONGEST_KEPT else squad(text)


_squad = lru_cache(maxsize=16_384)(squad)
