"""Keys: read from the environment when a client is made, and held by nothing else."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ...errors import ConfigError

GOOGLE = ("GEMINI_API_KEY", "GOOGLE_API_KEY")
"""The two names that Google gives the variable."""


def read_key(who: str, example: str, variable: str | None, others: Sequence[str] = ()) -> str:
    """Read a key from the environment.

    Args:
        who: Who needs it, for messages, such as `The judge 'openai'`.
        example: A variable that could hold it, for messages.
        variable: The environment variable that holds it; None for a server that wants none.
        others: Variables to look at where that one is not set.

    Raises:
        ConfigError: If none of them holds a key, or the name is none: no message shows a value.
    """
    if variable is None:
        return ""
    if not variable.isidentifier() or variable != variable.upper():
        raise ConfigError(
            "api_key_env is no name of an environment variable (capitals, digits and _): give "
            f"that of the one that holds the key, such as {example}, and never the key itself."
        )
    names = (variable, *others)
    for name in names:
        if key := os.environ.get(name, "").strip():
            if key.isascii() and key.isprintable():
                return key
            raise ConfigError(f"The environment variable {name!r} holds what no key can be.")
    raise ConfigError(
        f"{who} needs a key: set the environment variable {' or '.join(names)}, name another "
        "(api_key_env=...), or, for a server that wants none, say api_key_env=null (None in "
        "Python)."
    )


def other_variables(variable: str | None) -> tuple[str, ...]:
    """Return where else Google's key may be, unless the user named a variable of their own.

    >>> other_variables("GEMINI_API_KEY"), other_variables("MY_KEY")
    (('GOOGLE_API_KEY',), ())
    """
    return GOOGLE[1:] if variable == GOOGLE[0] else ()
