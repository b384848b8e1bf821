"""Specs that stand in a file: a folder from elsewhere must not choose what code runs.

On the command line a user may name their own `file.py:attribute` and any server. What a saved index
or a model's folder says of its parts is another's word: it may name registered parts, with options,
and nothing that would be imported; nor where a key of this machine is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import DataError
from .options import split_options

_SECRETS = ("_env", "url", "api_key", "token")
"""What the names of options end with that say where something is sent, or which key."""


def check_foreign(said: Any, where: str | Path) -> None:
    """Refuse what a file says of its parts if it would run code or send a key somewhere.

    Args:
        said: A spec, or options: texts, and mappings and lists of them.
        where: The file or folder, for the message.

    Raises:
        DataError: If it names a module or a file of Python, a server, or a variable, at any depth.

    >>> check_foreign("dense?encoder=hashing?dim=64", "index")
    >>> from hopgym.errors import DataError
    >>> try:
    ...     check_foreign({"reranker": "bi_encoder?encoder=theirs.py:make"}, "index")
    ... except DataError as error:
    ...     print(str(error)[:49])
    index: names code that is not part of hopgym ('th
    """
    if code := _code(said):
        raise DataError(
            f"{where}: names code that is not part of hopgym ({code!r:.100}), which is not run "
            "because a file asks for it. If it is yours, name it yourself where one is asked for, "
            "or register it under a plain name; else leave this folder alone."
        )
    if option := _secret(said):
        raise DataError(
            f"{where}: sets {option!r:.60}, which says where something is sent or with which key; "
            "a file does not choose that. Remove it there, and give it yourself."
        )


def _code(value: Any) -> str | None:
    """Return the first spec that names code."""
    if isinstance(value, str):
        name, options = split_options(value)
        source, _, attribute = name.rpartition(":")
        return value if source and attribute.isidentifier() else _code(options)
    return next((found for each in _inside(value) if (found := _code(each))), None)


def _secret(value: Any) -> str | None:
    """Return the first option that names a server or a key."""
    if isinstance(value, str):
        return _secret(split_options(value)[1])
    if isinstance(value, Mapping):
        for name, each in value.items():
            if each is not None and str(name).lower().endswith(_SECRETS):
                return str(name)
    return next((found for each in _inside(value) if (found := _secret(each))), None)


def _inside(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return list(value.values())
    return list(value) if isinstance(value, list | tuple) else []
