"""Making hostile text safe to put on one line of a transcript.

Documents, questions and answers come from anywhere. Before they enter a transcript they lose
control and invisible characters and line breaks, and are cut to length; each grammar then
neutralises its own markers.
"""

from __future__ import annotations

import re

INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
"""Characters without a glyph, and those that turn the direction of text."""

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")
"""Control characters other than tab and line feed, line separators, and lone surrogates."""

DEGENERATE = re.compile(r"[\W_]*")
"""Text with no letter and no digit."""

_DROPPED = re.compile(f"[{INVISIBLE}\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")


def one_line(text: str, limit: int | None = None) -> str:
    r"""Return text without control or invisible characters, on one line, cut to `limit`.

    >>> one_line("a\n\tb\u202ec\x00", 3)
    'a b'
    """
    if limit is not None:
        text = text[: 4 * limit]  # a bound on the work, generous towards blanks
    line = " ".join(_DROPPED.sub("", text).split())
    return line if limit is None else line[:limit].rstrip()
