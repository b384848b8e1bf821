"""Making hostile text safe to put on one line of a transcript.

Documents, questions and answers come from anywhere. Before they enter a transcript they lose
control and invisible characters and line breaks, and are cut to length; each grammar then
neutralises its own markers.
"""

from __future__ import annotations

import re
import unicodedata

INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Characters without a glyph, and those that turn the direction of text (Unicode's default
ignorable ones and the blank-looking letters)."""

JOINERS = "\u200c\u200d"
"""Invisible too, but letters in Persian or Hindi words: kept between two letters beyond ASCII."""

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")
"""Control characters other than tab and line feed, line separators, and lone surrogates."""

_DROPPED = re.compile(
    f"[{INVISIBLE}\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]"
    f"|(?<![^\\W\\d_A-Za-z])[{JOINERS}]|[{JOINERS}](?![^\\W\\d_A-Za-z])"
)


def one_line(text: str, limit: int | None = None) -> str:
    r"""Return text without control or invisible characters, on one line, cut to `limit`.

    >>> one_line("a\n\tb\u202ec\x00", 3)
    'a b'
    """
    if limit is not None:
        text = text[: 4 * limit]  # a bound on the work, generous towards blanks
    line = " ".join(_DROPPED.sub("", text).split())
    return line if limit is None else line[:limit].rstrip()


def folded(text: str) -> str:
    """Return text as a tokenizer may see it: full-width letters and the like made plain (NFKC).

    >>> folded("\uff34\uff48\uff45 \uff1a")
    'The :'
    """
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", _DROPPED.sub("", text))


def is_degenerate(text: str) -> bool:
    """Return whether text has no letter, no digit and no symbol such as $ or ∞.

    >>> is_degenerate("?! _"), is_degenerate("$"), is_degenerate("a")
    (True, False, False)
    """
    return not any(unicodedata.category(character)[0] in "LNS" for character in text)
