"""The environment's protocol: bytes to a request. Knows nothing of HTTP.

POST /sessions {}                                              {"session": "…"}
POST /reset {"session": "…", "seed": 7, "options": {…}}        {"observation": …, "info": {…}}
POST /step {"session": "…", "action": …}                       {"observation": …, "reward": 0.5,
                                                               "terminated": …, "truncated": …, "info": {…}}
POST /close {"session": "…"}                                   {}
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from ...retrieval.server.protocol import RequestError
from .wire import read_whole


class Open(msgspec.Struct, forbid_unknown_fields=True):
    """Open a session."""


class Options(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What fixes the question of an episode."""

    question_id: str | None = None
    index: int | float | None = None

    def __post_init__(self) -> None:
        self.index = None if self.index is None else read_whole(self.index)


class Reset(msgspec.Struct, forbid_unknown_fields=True):
    """Begin an episode."""

    session: str
    seed: int | float | None = None
    options: Options | None = None

    def __post_init__(self) -> None:
        self.seed = None if self.seed is None else read_whole(self.seed)


class Step(msgspec.Struct, forbid_unknown_fields=True):
    """Take an action."""

    session: str
    action: Any


class Close(msgspec.Struct, forbid_unknown_fields=True):
    """Close a session."""

    session: str


T = TypeVar("T", Open, Reset, Step, Close)


def read(body: bytes, kind: type[T]) -> T:
    """Read a request.

    Raises:
        RequestError: With status 400 if it is not JSON, and 422 if a field is missing, unknown or
            of the wrong type.

    >>> read(b'{"session": "s", "seed": 7}', Reset)
    Reset(session='s', seed=7, options=None)
    """
    try:
        return msgspec.json.decode(body or b"{}", type=kind)
    except msgspec.ValidationError as error:
        fields = ", ".join(kind.__struct_fields__) or "none"
        raise RequestError(422, f"{error}. Fields: {fields}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RequestError(400, f"The body is not JSON ({error}).") from error


def seed_of(reset: Reset) -> int | None:
    """Return the seed as `reset` takes it."""
    return None if reset.seed is None else int(reset.seed)


def options_of(reset: Reset) -> dict[str, Any] | None:
    """Return the options as `reset` takes them."""
    return None if reset.options is None else dict(msgspec.to_builtins(reset.options))
