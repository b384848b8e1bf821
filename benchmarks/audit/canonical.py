"""Anything an environment returns, as one text that is equal where the values are, byte by byte."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...rewards.normalize import squad

_SIGN = re.compile(r"[^\w\s]")
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def canonical(value: Any) -> str:
    """Return a text that two values share only if they are the same.

    Arrays are compared by type, shape and bytes; other objects by `repr`, without addresses.

    >>> canonical({"b": (1, 2.0), "a": "x"})
    "{'a': 'x', 'b': tuple(1, 2.0)}"
    """
    if isinstance(value, np.generic):
        return canonical(value.item())
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, Mapping):
        parts = sorted(f"{canonical(key)}: {canonical(one)}" for key, one in value.items())
        return "{" + ", ".join(parts) + "}"
    if isinstance(value, set | frozenset):
        return "set(" + ", ".join(sorted(map(canonical, value))) + ")"
    if isinstance(value, list | tuple):
        kind = "list" if isinstance(value, list) else "tuple"
        return f"{kind}(" + ", ".join(map(canonical, value)) + ")"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return f"{type(value).__name__}{canonical(fields)}"
    return _ADDRESS.sub("", repr(value))


def _array(value: np.ndarray) -> str:
    if value.dtype == object:
        return f"array({', '.join(canonical(one) for one in value.ravel())})"
    digest = hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()[:16]
    return f"array[{value.dtype}{value.shape}]{digest}"


def first_difference(left: str, right: str, width: int = 60) -> str:
    """Return, in quotes, where two texts begin to differ.

    >>> first_difference("abcd", "abxd", 2)
    "'cd' and 'xd'"
    """
    place = next(
        (n for n, (a, b) in enumerate(zip(left, right, strict=False)) if a != b),
        min(len(left), len(right)),
    )
    return f"{left[place : place + width]!r} and {right[place : place + width]!r}"


def states(text: str, answers: tuple[str, ...]) -> bool:
    """Return whether a text states an answer as whole words; very short ones do not count.

    >>> states("It lies in Lyon.", ("Lyon",)), states("Lyonesse", ("Lyon",)), states("no", ("no",))
    (True, False, False)
    """
    plain = f" {_words(text)} "
    return any(len(gold) > 3 and f" {gold} " in plain for gold in map(_words, answers))


def _words(text: str) -> str:
    return squad(_SIGN.sub(" ", text))
