"""Is a text degenerate: what a collapsed policy writes, and no person.

"!!!!", a word or a sentence again and again, a handful of words in any order, marks without words.
Small models end so when the learning rate is too high, and reasoning decays so behind a reward that
only reads the answer. It reads form alone: nonsense in sound words is for other figures to tell.
It knows no language: a text is measured in its own characters, however many bytes they take.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from enum import StrEnum

import numpy as np

from ...envs.grammars.text import is_degenerate as has_no_words

READ = 10_000
"""Characters that are read at either end of a longer text: an action is capped far below."""

MARKS_FROM = 16
"""Characters other than blanks from which on a text needs letters or digits."""
LEAST_WORDS = 0.2
"""Their least share."""

LOOP_CHARS = 24
COPIES = 4
LOOP_SHARE = 0.5
LONG_LOOP = 200
"""A loop has so many characters, and copies in a row, and is half of the text or as long as this."""
UNIT_CHARS = 32
"""The longest unit that is looked for by characters; a longer one is a sentence, or is compressed."""

WORD_WINDOW = 50
FEW_WORDS = 6
"""Different words, or fewer, of so many in a row. Prose has 30 and more, a plan or a list 15."""

RATIO_FROM = 200
RATIO_WINDOW = 4_000
MOST_RATIO = 6.0
"""How often a text is as long as its compressed form. Prose has 1.5 to 2.5, a plan 3.7."""

MOST_BLANKS = 200
"""Blanks and line feeds that may stand in a row."""

_UNSPACED = "\u0e00-\u0eff\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
_BLANK_RUN = re.compile(r"\s+")
_BLANKS = re.compile(r"[^\S\n]+")
_SENTENCE_END = re.compile("[\n.!?;\u3002\uff01\uff1f\u061f\u06d4\u0964]+")


class Degeneration(StrEnum):
    """How a text is degenerate."""

    EMPTY = "empty"
    NO_WORDS = "no_words"
    """Marks, and no letters or digits, or hardly any."""
    LOOP = "loop"
    """A character, a blank included, a word or a few words again and again."""
    SAME_SENTENCE = "same_sentence"
    """One sentence or line, often, and little else."""
    FEW_WORDS = "few_words"
    """A handful of words in any order."""
    COMPRESSIBLE = "compressible"
    """Far more regular than text is: long loops, and loops with a change in each round."""


def degeneration(text: str) -> Degeneration | None:
    """Return how a text is degenerate, or None.

    The work grows with the length, up to twice `READ` characters; what lies between is not read.

    Args:
        text: Whatever a model wrote.

    >>> degeneration("I look for the director of Vel."), degeneration("1850"), degeneration("no")
    (None, None, None)
    >>> [str(degeneration(t)) for t in ("", "!!!!", "the the the the the the the")]
    ['empty', 'no_words', 'loop']
    """
    read = text if len(text) <= 2 * READ else text[:READ] + text[-READ:]
    if not read.strip():
        return Degeneration.EMPTY
    if max(map(len, _BLANK_RUN.findall(read)), default=0) > MOST_BLANKS:
        return Degeneration.LOOP
    plain = _BLANKS.sub(" ", read).strip()  # the columns of a table are no loop
    return next((reason for reason, holds in _CHECKS if holds(plain)), None)


def _no_words(text: str) -> bool:
    said = "".join(text.split())
    if len(said) >= MARKS_FROM:
        return sum(map(str.isalnum, said)) < LEAST_WORDS * len(said)
    return has_no_words(said)


def _loops(text: str) -> bool:
    """Whether some unit of up to `UNIT_CHARS` characters stands in a row often enough."""
    if len(text) < LOOP_CHARS:
        return False
    codes = _codes(text)
    needed = min(max(LOOP_SHARE * len(text), LOOP_CHARS), LONG_LOOP)
    for unit in range(1, min(UNIT_CHARS, len(codes) // COPIES) + 1):
        same = codes[unit:] == codes[:-unit]
        # In a loop each character is the one of a unit ago: the longest such run.
        breaks = np.flatnonzero(~same)
        run = int(np.diff(breaks, prepend=-1, append=len(same)).max()) - 1
        if run + unit >= max(needed, COPIES * unit):
            return True
    return False


def _says_the_same(text: str) -> bool:
    said = Counter(" ".join(part.split()) for part in _SENTENCE_END.split(text))
    del said[""]
    if not said:
        return False
    # The most by what it takes of the text, not by how often: "1" may number a list.
    sentence, times = max(said.items(), key=lambda item: item[1] * len(item[0]))
    taken = times * len(sentence)
    return times >= COPIES and taken >= max(LOOP_SHARE * len(text), LOOP_CHARS)


def _few_words(text: str) -> bool:
    words = _WORD.findall(text.lower())
    starts = range(0, len(words) - WORD_WINDOW + 1, WORD_WINDOW // 2)
    windows = (set(words[start : start + WORD_WINDOW]) for start in starts)
    # Digits alone are a series of numbers, which may be long.
    return any(len(few) <= FEW_WORDS and not all(map(str.isdigit, few)) for few in windows)


def _compressible(text: str) -> bool:
    if len(text) < RATIO_FROM:
        return False
    coded = _compact(text)
    width = len(coded) // len(text)
    size = RATIO_WINDOW * width
    pieces = [coded[start : start + size] for start in range(0, len(coded), size)]
    # The rest of a long text is too short to be measured alone.
    pieces = [piece for piece in pieces if len(piece) >= RATIO_FROM * width]
    return any(len(piece) > width * MOST_RATIO * len(zlib.compress(piece)) for piece in pieces)


def _compact(text: str) -> bytes:
    """Return a text in one byte a character where it has at most 256 different ones, or in two.

    So Hindi, in three bytes a character as UTF-8, is no more regular than English.
    """
    different, places = np.unique(_codes(text), return_inverse=True)
    return places.astype("u1" if len(different) <= 256 else "<u2").tobytes()


def _codes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


_CHECKS = (
    (Degeneration.NO_WORDS, _no_words),
    (Degeneration.LOOP, _loops),
    (Degeneration.SAME_SENTENCE, _says_the_same),
    (Degeneration.FEW_WORDS, _few_words),
    (Degeneration.COMPRESSIBLE, _compressible),
)
"""In the order of what they tell: the first that holds is the reason."""
