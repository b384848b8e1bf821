"""What a client is: one request to a provider, one answer or a typed failure.

And what the clients share: connections without retries and redirects of their own, and reading a
body of JSON into a typed record. Used by sessions, `openai` and `gemini`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol, TypeVar

import msgspec

from ...errors import require
from ...retrieval.backoff import retry_after
from ...retrieval.remote import is_local
from .failures import TemporaryError, Why
from .prompts import Request

T = TypeVar("T")


class Answer(NamedTuple):
    """What came back from a model."""

    text: str
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    spoilt: tuple[Why, str] | None = None
    """Why the text cannot be used, if it cannot; the call has cost its tokens nevertheless."""


class Client(Protocol):
    """A connection to a provider. What it returns or raises does not hold the key."""

    async def ask(self, request: Request[Any]) -> Answer:
        """Send one request, without trying again.

        Raises:
            TemporaryError: If it may succeed later.
            UnjudgedError: If it will not.
            SetupError: If no request will.
        """

    async def close(self) -> None:
        """Let go of the connections."""


def http_client(url: str, timeout: float, connections: int) -> Any:
    """Return an asynchronous client of httpx2, which both providers' clients run on."""
    library = require("httpx2", "judges")
    return library.AsyncClient(
        timeout=timeout,
        limits=library.Limits(max_connections=connections, max_keepalive_connections=connections),
        follow_redirects=False,  # a key must not follow one to another host
        trust_env=not is_local(url),  # a proxy leads away from this machine
    )


def body(text: str, record: type[T]) -> T:
    """Read the body of an answer.

    Raises:
        TemporaryError: If it is not what the protocol says: something between here and there broke.
    """
    try:
        return msgspec.json.decode(text, type=record)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        failure = TemporaryError(Why.MALFORMED, f"the body cannot be read ({error})")
    raise failure


def count(usage: Mapping[str, Any] | None, *names: str) -> int | None:
    """Return the sum of some counts; None unless there is a sensible one.

    >>> count({"a": 1, "b": 2, "c": -3}, "a", "b"), count({"a": "many"}, "a"), count(None, "a")
    (3, None, None)
    """
    found = [(usage or {}).get(name) for name in names]
    whole = [n for n in found if isinstance(n, int) and not isinstance(n, bool) and n >= 0]
    return sum(whole) if whole else None


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a server asks to wait, None if it asks nothing.

    >>> asked_wait({"retry-after": "2"}), asked_wait({"retry-after-ms": "1500"}), asked_wait({})
    (2.0, 1.5, None)
    """
    milliseconds = retry_after(headers.get("retry-after-ms"))  # OpenAI's own, and the more exact
    return (
        retry_after(headers.get("retry-after"), headers.get("date"))
        if milliseconds is None
        else milliseconds / 1000
    )
