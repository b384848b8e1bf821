"""Letters that are not what they look like: Cyrillic and Greek ones for Latin, and blank ones.

The letters are those that Unicode's table of confusable characters (UTS 39) gives for a Latin letter
in usual typefaces. Used where a copy must be known for one; no answer is right by it.
"""

from __future__ import annotations

BLANK = "\u115f\u1160\u3164\uffa0"
"""Letters of Hangul without a glyph, by their category letters like any other."""

_CYRILLIC = "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u04bb\u0501\u051b\u051d"
_CYRILLIC_CAPITALS = (
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425\u0406\u0408\u0405"
)
_GREEK = "\u03bf\u03b9\u03bd\u03c1\u03b1\u03c5"
_GREEK_CAPITALS = (
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
)
_LATIN = str.maketrans(
    _CYRILLIC + _CYRILLIC_CAPITALS + _GREEK + _GREEK_CAPITALS,
    "aeopcyxijshdqw" + "ABEKMHOPCTYXIJS" + "oivpau" + "ABEZHIKMNOPTYX",
)


def as_latin(text: str) -> str:
    r"""Return a text with the Latin letters that some of its letters look like.

    >>> as_latin("\u0410d\u0430 \u039frm")
    'Ada Orm'
    """
    return text if text.isascii() else text.translate(_LATIN)
