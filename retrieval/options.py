"""Options in a name: `"bm25?k1=1.2&b=0.75"` is the retriever bm25 with two keywords.

A value is read as JSON where it is JSON (`1.2`, `true`, `["a"]`), and else as text.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any
from urllib.parse import parse_qsl

from ..errors import ConfigError


def split_options(spec: str) -> tuple[str, dict[str, Any]]:
    """Split a name from its options.

    >>> split_options("bm25?k1=1.2&method=lucene")
    ('bm25', {'k1': 1.2, 'method': 'lucene'})
    """
    name, _, query = spec.partition("?")
    return name, {key: _value(text) for key, text in parse_qsl(query, keep_blank_values=True)}


def check_options(factory: Callable[..., Any], name: str, options: Mapping[str, Any]) -> None:
    """Refuse options that a factory does not take.

    Raises:
        ConfigError: If there is such an option; the message names the nearest and lists all.
    """
    parameters = inspect.signature(factory).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return
    takes = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    for option in options:
        if option not in takes:
            close = get_close_matches(option, takes, n=1, cutoff=0.5)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise ConfigError(
                f"{name!r} has no option {option!r}.{hint} It takes: {', '.join(takes) or 'none'}."
            )


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
