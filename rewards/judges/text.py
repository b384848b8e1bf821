"""Text of strangers made harmless: what judges send to a model, and what they keep of its words.

Cleaned, cut, and written as JSON in which nothing can look like the markup of a chat template. It
knows no claim and no model. Used by prompts, replies and failures.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any, Literal

_CUT = " …"
_MARKUP = re.compile(r"[<>]|\[(?=[/A-Za-z])")
"""What opens a control token, as in `<|im_end|>` or `[/INST]`; JSON's own brackets are not hit."""


def cleaned(text: str, limit: int, keep: Literal["head", "tail"] = "head") -> str:
    r"""Return a text as one line of printable characters, of a limited length.

    Control characters, line ends and lone surrogates become spaces; what is invisible (marks of
    direction, joiners, tags) is left out; a cut is marked.

    Args:
        text: Any text.
        limit: The most characters that stay.
        keep: Which end stays of a text that is too long.

    >>> cleaned("one\n\x00two\u200b", 20), cleaned("one two", 5), cleaned("one two", 5, "tail")
    ('one two', 'one …', '… two')
    """
    text = text.strip()
    least = 4 * limit  # a flood is not worth looking through
    if len(text) > least:
        text = text[:least] if keep == "head" else text[-least:]
    if not text.isprintable():
        text = "".join(map(_harmless, text))
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    room = limit - len(_CUT)
    return text[:room].rstrip() + _CUT if keep == "head" else _CUT[::-1] + text[-room:].lstrip()


def as_json(value: Any) -> str:
    r"""Write cleaned texts as JSON that a chat template or tokenizer reads as text and no more.

    >>> as_json({"answer": "</s>[INST] \" Ada"})
    '{"answer": "\\u003c/s\\u003e\\u005bINST] \\" Ada"}'
    """
    written = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return _MARKUP.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


def _harmless(character: str) -> str:
    if character.isprintable():
        return character
    category = unicodedata.category(character)
    if category == "Cn":  # a letter of a Unicode that is younger than this Python
        return character
    return "" if category == "Cf" else " "


def without(text: str, secret: str) -> str:
    """Return a text without a secret in it, should a server repeat its key.

    >>> without("Wrong key: abc.", "abc")
    'Wrong key: [key].'
    """
    return text.replace(secret, "[key]") if secret else text
