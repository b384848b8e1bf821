"""Answers that are sets: "A, C", "(b) and (d)", "Vel; Ull and Orm". Texts in, F1 of the sets out.

It knows how options are written and nothing of questions. An option that is named twice counts
once, so that repeating pays nothing, and each wrong one costs precision, so that naming all does
not pay either.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .wording import LONGEST, content

_APART = re.compile(r"[;,\n|&]|\b(?:and|or)\b", re.IGNORECASE)
_LETTERS = re.compile(r"^[^\w]*([A-Ha-h])(?:[^\w]+|$)")
_LETTER = frozenset("ABCDEFGHabcdefgh")
_MARKED = re.compile(r"\W*[A-H](?:[.):]|\W*$|\s*[,;&]|\s+and\b)")
_CAPITALS = re.compile(r"\b[A-H]\b")
_RUN = re.compile(r"^[A-H]{2,8}$")
_WORDS_THAT_ARE_LETTERS = re.compile(r"\b(?:answers?|options?|choices?|are|is|the)\b:?", re.I)


def options(text: str, *, lettered: bool = False) -> frozenset[str]:
    """Return the options that a text names.

    Args:
        text: Options parted by commas, semicolons, line ends, "and" or "or".
        lettered: Whether options are letters from A to H, alone ("AC", "A C") or before what they
            stand for ("A. Vel").

    >>> sorted(options("Vel, the Ull and Orm"))
    ['orm', 'ull', 'vel']
    >>> sorted(options("(A) Vel; C", lettered=True)), sorted(options("AC", lettered=True))
    (['a', 'c'], ['a', 'c'])
    """
    pieces = _APART.split(text[:LONGEST])
    if not lettered:
        named = (" ".join(content(piece)) for piece in pieces)
        return frozenset(name for name in named if name)
    found: set[str] = set()
    for piece in pieces:
        found.update(_letters(_WORDS_THAT_ARE_LETTERS.sub(" ", piece).strip()))
    return frozenset(found)


def set_f1(answer: str, golds: Sequence[str]) -> float:
    """Return the micro-F1 of the options, the best over the accepted answers.

    >>> set_f1("A and B", ["A, C"]), set_f1("C, A", ["A, C"]), set_f1("A, B, C, D", ["A, C"])
    (0.5, 1.0, 0.6666666666666666)
    """
    return max((_f1(answer, gold) for gold in golds), default=0.0)


def same_letters(answer: str, gold: str) -> bool:
    """Whether an answer starts with a marked letter and names the letters that are the gold alone.

    >>> same_letters("A. Paris, C. Lyon", "A, C"), same_letters("A Parisian", "A")
    (True, False)
    """
    if not only_letters(gold) or not _MARKED.match(answer):
        return False
    named = set(_CAPITALS.findall(answer[:LONGEST]))
    return named == {letter.upper() for letter in options(gold, lettered=True)}


def _f1(answer: str, gold: str) -> float:
    right = options(gold, lettered=True)
    lettered = bool(right) and only_letters(gold)
    right = right if lettered else options(gold)
    given = options(answer, lettered=lettered)
    return 2 * len(given & right) / (len(given) + len(right)) if given & right else 0.0


def only_letters(text: str) -> bool:
    """Whether a text names letters from A to H and nothing that they stand for.

    >>> only_letters("A, C"), only_letters("b"), only_letters("Vel"), only_letters("")
    (True, True, False, False)
    """
    pieces = [piece for part in _APART.split(text) for piece in re.findall(r"\w+", part)]
    return bool(pieces) and all(piece in _LETTER or _RUN.match(piece) for piece in pieces)


def _letters(piece: str) -> Sequence[str]:
    """Return the letters of one piece: a run ("AC"), letters alone ("A C"), or one that leads."""
    if _RUN.match(piece):
        return list(piece.lower())
    alone = re.findall(r"\w+", piece)
    if alone and all(re.fullmatch("[A-Ha-h]", letter) for letter in alone):
        return [letter.lower() for letter in alone]
    leading = _LETTERS.match(piece)
    if leading:
        return [leading[1].lower()]
    # A piece that names no letter is a wrong option of its own: it costs precision.
    return [" ".join(content(piece))] if alone else []
