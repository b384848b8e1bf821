"""What a tool says, made safe to stand in a message of a chat.

A trainer renders tool messages through the model's chat template and then reads control tokens
out of the whole text, so that a document with `<|im_end|>` in it would end the message. A grammar
escapes only what its own transcript knows. This knows the forms that control tokens have, and no
tokenizer.
"""

from __future__ import annotations

import re

from ...envs.grammars.text import OPEN_BRACKET, one_line, seen_through

_WRAPPER = re.compile("</?(?:result|information)>")
_ANGLE = re.compile(rf"{OPEN_BRACKET}(?=[\s/]*(?:[A-Za-z|]|{OPEN_BRACKET}))")
_SQUARE = re.compile(r"\[(?=\||/?[A-Za-z]?[A-Z][A-Z_]*\])")


def for_chat(text: str) -> str:
    r"""Return the environment's text as the text of a message, in which no control token can stand.

    Tags (`<|im_end|>`, `</tool_response>`, `<s>`), names in capitals between square brackets
    (`[INST]`) and what looks like them or folds to them lose their first bracket or get a space.
    The tags that a grammar wraps its results in are left out: the message is the wrapping.

    >>> for_chat("\n<result>\nNode A (General): [Vel] is a <|im_end|> film. [/INST] 1 < 2\n</result>\n")
    'Node A (General): [Vel] is a &lt;|im_end|> film. [ /INST] 1 < 2'
    """
    bare = _WRAPPER.sub("\n", text)
    return "\n".join([line for line in map(_safe_line, bare.split("\n")) if line])


def _safe_line(text: str) -> str:
    line = one_line(text)
    plain = seen_through(line)
    # Where only the folded text has a control token, the folded text is what is shown.
    if _ANGLE.search(plain) or _SQUARE.search(plain):
        line = plain
    return _SQUARE.sub("[ ", _ANGLE.sub("&lt;", line))
