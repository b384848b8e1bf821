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

OPEN_BRACKET = "[<\u02c2\u1438\u2039\u2329\u276e\u27e8\u3008\ufe64\uff1c]"
CLOSE_BRACKET = "[>\u02c3\u1433\u203a\u232a\u276f\u27e9\u3009\ufe65\uff1e]"
"""The brackets of tags and what looks like them, as classes for regular expressions."""

_PIECE = 512
_TAG = re.compile(rf"{OPEN_BRACKET}(?=[\s/|]*[A-Za-z])")
_CUT_ENTITY = re.compile(r"&(?:lt?)?$")
_DROPPED = re.compile(
    f"[{INVISIBLE}\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]"
    f"|(?<![^\\W\\d_A-Za-z])[{JOINERS}]|[{JOINERS}](?![^\\W\\d_A-Za-z])"
)


_UNSPACED = re.compile(
    "[\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0eff\U00020000-\U0003ffff]"
)
_RUN = re.compile(f"{_UNSPACED.pattern}+|(?:(?!{_UNSPACED.pattern})[^\\W_])+")

LONGEST_WORD = 24
"""Longer ones, and text without blanks, are cut in the middle."""


def one_line(text: str, limit: int | None = None) -> str:
    r"""Return text without control or invisible characters, on one line, cut to `limit`.

    It is cut between words where one ends near: half a number is another number.

    >>> one_line("in\n\t12\u202e70\x00"), one_line("in 1270", 5)
    ('in 1270', 'in')
    """
    if limit is not None:
        text = text[: 4 * limit]  # a bound on the work, generous towards blanks
    line = " ".join(_DROPPED.sub("", text).split())
    return line if limit is None else _cut(line, limit)


def _cut(line: str, limit: int) -> str:
    cut = line[:limit]
    if len(line) <= limit or line[limit] == " ":
        return cut.rstrip()
    blank = cut.rfind(" ", max(limit - LONGEST_WORD, 1))
    return (cut if blank < 0 else cut[:blank]).rstrip()


def folded(text: str) -> str:
    """Return text as a tokenizer may see it: full-width letters and the like made plain (NFKC).

    >>> folded("\uff34\uff48\uff45 \uff1a")
    'The :'
    """
    if text.isascii():
        return text
    plain = _DROPPED.sub("", text)
    # Piece by piece: sorting a long run of combining marks takes the square of its length.
    pieces = [plain[start : start + _PIECE] for start in range(0, len(plain), _PIECE)]
    return "".join([unicodedata.normalize("NFKC", piece) for piece in pieces])


def count_words(text: str) -> int:
    """Return how many words a text has, however they are glued together.

    Words are what blanks part. But two runs of letters or digits count as one word at least (as in
    "R&D" and "who's"), and so do two characters of a script without blanks, or 48 letters in a row.

    >>> [count_words(text) for text in ("who's R&D", "a/b/c/d/e/f", "\u5317\u4eac\u7684\u5e02\u957f", "x" * 480)]
    [2, 3, 3, 10]
    """
    return max(len(text.split()), -(-sum(map(_parts, _RUN.findall(text))) // 2))


def _parts(run: str) -> int:
    """Return how many half words a run of letters or digits counts for."""
    return len(run) if _UNSPACED.match(run) else -(-len(run) // LONGEST_WORD)


def first_words(text: str, most: int) -> str:
    """Return as many of a text's first words as may be, as `count_words` counts them.

    >>> first_words("the founder of R&D", 3), first_words("a/b/c/d/e/f", 2)
    ('the founder of', 'a/b/c/d')
    """
    kept: list[str] = []
    parts = 0  # no run goes on over a blank, so that those of words add up
    for word in text.split():
        parts += sum(map(_parts, _RUN.findall(word)))
        if max(len(kept) + 1, -(-parts // 2)) > most:
            break
        kept.append(word)
    if kept or not text:
        return " ".join(kept)
    end = parts = 0
    for match in _RUN.finditer(text):
        parts += _parts(match[0])
        if max(1, -(-parts // 2)) > most:
            break
        end = match.end()
    return text[:end] if end else text[: 2 * most]


def is_degenerate(text: str) -> bool:
    """Return whether text has no letter, no digit and no symbol such as $ or ∞.

    >>> is_degenerate("?! _"), is_degenerate("$"), is_degenerate("a")
    (True, False, False)
    """
    return not any(unicodedata.category(character)[0] in "LNS" for character in text)


def seen_through(text: str) -> str:
    """Return text folded until nothing is left to fold, for the search for hidden tags.

    Joiners between full-width letters survive one folding, as letters beyond ASCII need them.

    >>> seen_through("\uff1c\uff52\u200d\uff1e")
    '<r>'
    """
    return folded(folded(text))


def without_tags(text: str, limit: int | None = None) -> str:
    """Return hostile text as one line in which no tag can begin, cut to `limit`.

    >>> without_tags("a</result> <|im_end|> 1 < 2")
    'a&lt;/result> &lt;|im_end|> 1 < 2'
    """
    line = one_line(text, limit)
    plain = seen_through(line)
    # Where only the folded text has a tag, the folded text is what is shown.
    safe = _TAG.sub("&lt;", plain if _TAG.search(plain) else line)
    if limit is None or len(safe) <= limit:
        return safe
    return _CUT_ENTITY.sub("", safe[:limit]).rstrip()
