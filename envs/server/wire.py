"""Spaces, observations, actions and infos as JSON, and back.

Values of a space are written by Gymnasium's own `to_jsonable`. In infos, what JSON has no form for
is tagged: `{"$array": [...], "dtype": "bool"}`, `{"$trajectory": {...}}`, `{"$number": "nan"}`.
Nothing that came by wire is ever evaluated.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import numpy as np
from gymnasium import spaces

from ...core import Trajectory, from_json, to_json
from ...errors import DataError
from ..spaces import UnicodeText

Space = spaces.Space[Any]
_DTYPES = ("bool", "int8", "int32", "int64", "uint8", "float32", "float64")


def write_space(space: Space) -> dict[str, Any]:
    """Describe a space, so that a client can build an equal one.

    Raises:
        DataError: If it is of a kind that none of our environments has.

    >>> write_space(spaces.Discrete(3))
    {'kind': 'discrete', 'n': 3, 'start': 0}
    """
    if isinstance(space, UnicodeText):
        return {"kind": "text", "min_length": space.min_length, "max_length": space.max_length}
    if isinstance(space, spaces.Discrete):
        return {"kind": "discrete", "n": int(space.n), "start": int(space.start)}
    if isinstance(space, spaces.MultiBinary):
        return {"kind": "multi_binary", "n": space.n if isinstance(space.n, int) else list(space.n)}
    if isinstance(space, spaces.Box):
        low, high = (_bounds(bound) for bound in (space.low, space.high))
        shape, dtype = list(space.shape), str(space.dtype)
        return {"kind": "box", "low": low, "high": high, "shape": shape, "dtype": dtype}
    if isinstance(space, spaces.Graph):
        edges = None if space.edge_space is None else write_space(space.edge_space)
        return {"kind": "graph", "node": write_space(space.node_space), "edge": edges}
    if isinstance(space, spaces.Dict):
        return {"kind": "dict", "spaces": {k: write_space(v) for k, v in space.items()}}
    raise DataError(
        f"A {type(space).__name__} space cannot be served. Served are UnicodeText, Discrete, "
        "MultiBinary, Box, Graph and Dict."
    )


def read_space(told: Mapping[str, Any]) -> Space:
    """Build a space of its description.

    Raises:
        DataError: If it describes none.
    """
    try:
        return _READ[told["kind"]](told)
    except (AttributeError, KeyError, TypeError, ValueError, AssertionError) as error:
        raise DataError(
            f"{str(told)[:200]!r} describes no space ({type(error).__name__}: {error}). "
            "Is this the URL of an environment that hopgym serves?"
        ) from error


def write_value(space: Space, value: Any) -> Any:
    """Return a value of a space as JSON has it."""
    if isinstance(space, spaces.Dict):
        return {name: write_value(part, value[name]) for name, part in space.items()}
    return space.to_jsonable([value])[0]


def read_value(space: Space, told: Any) -> Any:
    """Return the value of a space that JSON stands for.

    Raises:
        DataError: If the space has no such value.
    """
    try:
        value = _value(space, told)
    except (TypeError, ValueError, KeyError, IndexError, OverflowError, AttributeError) as error:
        raise DataError(f"{str(told)[:100]!r} is no value of {space!r:.200} ({error}).") from error
    if not space.contains(value):
        raise DataError(f"{str(told)[:100]!r} is no value of {space!r:.200}.")
    return value


def read_whole(told: Any) -> int:
    """Return a whole number; JSON has one kind of number, and 3.0 is 3.

    Raises:
        ValueError: If it is none.

    >>> read_whole(3.0)
    3
    """
    if isinstance(told, int) and not isinstance(told, bool):
        return told
    if isinstance(told, float) and told.is_integer():
        return int(told)
    raise ValueError(f"{str(told)[:40]} is no whole number")


def write_info(value: Any) -> Any:
    """Return an info, or a part of one, as JSON has it."""
    if isinstance(value, Trajectory):
        return {"$trajectory": msgspec.json.decode(to_json(value))}
    if isinstance(value, np.ndarray):
        return {"$array": value.tolist(), "dtype": str(value.dtype)}
    if isinstance(value, np.generic):
        return write_info(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return {"$number": str(value)}
    if isinstance(value, Mapping):
        return {str(key): write_info(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [write_info(part) for part in value]
    return value if value is None or isinstance(value, str | int | float) else str(value)


def read_info(told: Any) -> Any:
    """Return the info that JSON stands for; lists are tuples, as our environments give them.

    Raises:
        DataError: If a tagged value is malformed.
    """
    if isinstance(told, list):
        return tuple(map(read_info, told))
    if not isinstance(told, dict):
        return told
    try:
        if "$trajectory" in told:
            return from_json(msgspec.json.encode(told["$trajectory"]), Trajectory)
        if "$array" in told:
            return np.array(told["$array"], _dtype(told["dtype"]))
        if "$number" in told:
            return float(told["$number"])
    except (KeyError, TypeError, ValueError, msgspec.ValidationError) as error:
        raise DataError(f"A part of an info is malformed ({error}).") from error
    return {key: read_info(part) for key, part in told.items()}


def _value(space: Space, told: Any) -> Any:
    if isinstance(space, spaces.Dict):
        if not isinstance(told, dict) or set(told) != set(space.spaces):
            raise ValueError(f"its keys must be {', '.join(space.spaces)}")
        return {name: _value(part, told[name]) for name, part in space.items()}
    if isinstance(space, UnicodeText):
        return told
    if isinstance(space, spaces.Discrete):
        return np.int64(read_whole(told))
    if isinstance(space, spaces.MultiBinary):
        return np.array(_bits(told), space.dtype)
    return space.from_jsonable([told])[0]


def _bits(told: Any) -> Any:
    """What NumPy would round or read out of a string is refused."""
    if isinstance(told, list):
        return [_bits(part) for part in told]
    return told if isinstance(told, bool) else read_whole(told)


def _bounds(bound: np.ndarray[Any, Any]) -> Any:
    """Return one number where all are alike, as they are in our spaces."""
    first = bound.flat[0].item() if bound.size else 0.0
    return first if bound.size and (bound == first).all() else bound.tolist()


def _dtype(name: Any) -> Any:
    if name not in _DTYPES:
        raise ValueError(f"{str(name)[:40]!r} is no number's type; known: {', '.join(_DTYPES)}")
    return np.dtype(name)


def _box(told: Mapping[str, Any]) -> Space:
    shape, dtype = tuple(told["shape"]), _dtype(told["dtype"])
    low, high = (np.broadcast_to(np.array(told[end], dtype), shape) for end in ("low", "high"))
    return spaces.Box(low, high, shape, dtype)


def _graph(told: Mapping[str, Any]) -> Space:
    edge = told["edge"]
    return spaces.Graph(
        read_space(told["node"]),
        None if edge is None else read_space(edge),
    )


_READ: dict[str, Callable[[Mapping[str, Any]], Space]] = {
    "text": lambda told: UnicodeText(int(told["max_length"]), min_length=int(told["min_length"])),
    "discrete": lambda told: spaces.Discrete(int(told["n"]), start=int(told["start"])),
    "multi_binary": lambda told: spaces.MultiBinary(told["n"]),
    "box": _box,
    "graph": _graph,
    "dict": lambda told: spaces.Dict(
        {str(name): read_space(part) for name, part in told["spaces"].items()}
    ),
}
