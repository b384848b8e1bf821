"""Keyword arguments typed on a command line: `name=value`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import ConfigError

_SPOKEN = {"yes": "true", "on": "true", "no": "false", "off": "false", "none": "null"}
"""What people type where JSON has another word."""


def read_keywords(
    texts: Iterable[str], taken: Mapping[str, str], *, flag: str = "--set"
) -> dict[str, Any]:
    """Read several, each name once.

    Args:
        texts: As `read_keyword` takes them.
        taken: Names that may not be given so, and what to do instead.
        flag: By which flag they were given, for messages.

    Raises:
        ConfigError: If one has no `=`, is taken, or comes twice.

    >>> read_keywords(["top_k=5", "grammar=r3"], {"split": "use --split"})
    {'top_k': 5, 'grammar': 'r3'}
    """
    keywords: dict[str, Any] = {}
    for name, value in map(read_keyword, texts):
        if name in taken:
            raise ConfigError(f"{name!r} cannot be set by {flag}: {taken[name]}.")
        if name in keywords:
            raise ConfigError(f"{name!r} is set twice; set it once.")
        keywords[name] = value
    return keywords


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
