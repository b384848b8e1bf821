"""Keyword arguments typed on a command line: `name=value`."""

from __future__ import annotations

import json
from typing import Any

from ..errors import ConfigError

_SPOKEN = {"yes": "true", "on": "true", "no": "false", "off": "false", "none": "null"}
"""What people type where JSON has another word."""


def read_keyword(text: str) -> tuple[str, Any]:
    """Read `name=value`; a value is JSON where it is JSON, and else text.

    Raises:
        ConfigError: If there is no `=`.

    >>> read_keyword("top_k=5"), read_keyword("force_answer=True"), read_keyword("grammar=r3")
    (('top_k', 5), ('force_answer', True), ('grammar', 'r3'))
    """
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise ConfigError(f"{text!r}: write name=value, such as top_k=5.")
    plain = value.lower()
    spoken = _SPOKEN.get(plain, plain if plain in ("true", "false", "null") else value)
    try:
        return name, json.loads(spoken)
    except json.JSONDecodeError:
        return name, value
