"""Talking to Exa: its own client, with a transport that is gentle, and its errors as ours.

The client `exa-py` writes the requests and reads the replies. Its `request` alone is replaced: that
of the library drops the header that says how long to wait, opens a connection for every call, and
reads a reply of any size for as long as it drips. The key is read from the environment for each
request and held nowhere; no message repeats it. Knows nothing of documents.
"""

from __future__ import annotations

import json
import os
import time
from functools import cache
from typing import TYPE_CHECKING, Any

from ..errors import RetrievalError, require
from .backoff import TemporaryError, retry_after
from .remote import Secret, is_local

if TYPE_CHECKING:
    import httpx
    from exa_py import Exa
    from pyrate_limiter import Limiter

URL = "https://api.exa.ai"
"""Where Exa is."""
MOST_BYTES = 32_000_000
"""No reply is read further: a hundred pages of some hundred thousand characters."""

_CURES = {
    400: "Check the type, the category, the domains and the dates.",
    401: "Put a valid key into the environment variable {variable}.",
    402: "The credits of the key in {variable}, or its budget, are used up: top them up at Exa.",
    403: "The key in {variable} may not do this: see what its plan allows.",
    422: "Check the type, the category, the domains and the dates.",
}


def connected(url: str, variable: str, timeout: float, rate: float) -> Exa:
    """Return a client; nothing is asked yet, and no key is needed.

    Args:
        url: Where Exa is.
        variable: The environment variable that holds the key.
        timeout: Seconds for connecting, for each part of a reply and for the whole of it.
        rate: How many requests a second are sent by all that use this key in this process.
    """
    client: Exa = require("exa_py", "web").Exa(api_key="", base_url=url)
    request: Any = _Requests(url, variable, timeout, rate)
    client.request = request  # type: ignore[method-assign]
    return client


class _Requests:
    """Stands in for `Exa.request`."""

    def __init__(self, url: str, variable: str, timeout: float, rate: float) -> None:
        library = require("httpx", "web")
        self._url, self._variable, self._timeout = url, variable, timeout
        self._limiter = _limiter(url, variable, rate, os.getpid())
        self._http: httpx.Client = library.Client(
            timeout=timeout,
            limits=library.Limits(max_connections=None, max_keepalive_connections=64),
            trust_env=not is_local(url),  # a proxy leads away from this machine
        )

    def __call__(self, endpoint: str, data: Any = None, **_: Any) -> Any:
        """Post one request and return the value of its reply."""
        key = key_in(self._variable)
        self._limiter.try_acquire("exa")  # waits; each repetition counts
        headers = {"x-api-key": key}
        deadline = time.monotonic() + self._timeout
        with self._http.stream("POST", self._url + endpoint, json=data, headers=headers) as reply:
            body = _body(reply, deadline, self._url)
        if reply.status_code != 200:
            raise _refused(reply, body, key, self._url, self._variable)
        try:
            return _checked(json.loads(body), self._url)
        except (ValueError, RecursionError) as error:
            raise TemporaryError(
                f"The reply of Exa at {self._url} cannot be read ({type(error).__name__}): "
                f"{_said(body, key)}."
            ) from error


def _checked(value: Any, url: str) -> Any:
    """Refuse a reply whose results are no list: nothing found is an empty list, and no error.

    What is no reply at all exa-py refuses itself.
    """
    if not isinstance(value, dict) or "results" not in value:
        return value
    results = value["results"]
    if not isinstance(results, list) or (not results and value.get("error")):
        raise RetrievalError(
            f"The reply of Exa at {url} has another form: its results are no list, or an error "
            "stands in their place. Check base_url, and that exa-py is of the newest version."
        )
    return value


def key_in(variable: str) -> str:
    """Return the key.

    Raises:
        ConfigError: If the variable holds none; its cure is to set it, or to leave Exa out.
    """
    return Secret(variable, "exa").read() or ""


def translated(url: str, timeout: float, error: Exception) -> RetrievalError:
    """Turn what a request raised into ours; what may pass is a `TemporaryError`."""
    library = require("httpx", "web")
    why = f"({type(error).__name__}: {error})"
    if isinstance(error, library.TimeoutException):
        return TemporaryError(
            f"Exa at {url} did not answer within {timeout:g} s {why}. Check the network, or set a "
            "longer timeout."
        )
    if isinstance(error, library.ConnectError):
        return TemporaryError(f"Exa cannot be reached at {url} {why}. Check the network.")
    if isinstance(error, library.TransportError | library.DecodingError):
        return TemporaryError(f"The connection to Exa at {url} broke {why}.")
    return RetrievalError(
        f"The reply of Exa at {url} has another form ({error!r:.200}). Check base_url, and that "
        "exa-py is of the newest version."
    )


@cache
def _limiter(url: str, variable: str, rate: float, process: int) -> Limiter:
    """Return what holds all requests with one key back; a forked process has its own."""
    library = require("pyrate_limiter", "web")
    many = max(1, int(rate))
    limiter: Limiter = library.Limiter(library.Rate(many, max(1, round(1000 * many / rate))))
    return limiter


def _body(reply: httpx.Response, deadline: float, url: str) -> bytes:
    parts: list[bytes] = []
    size = 0
    for part in reply.iter_bytes():
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            raise RetrievalError(
                f"The reply of Exa at {url} is longer than {MOST_BYTES:,} bytes. Ask for fewer "
                "hits (k), or set a smaller max_characters."
            )
        if time.monotonic() > deadline:
            raise TemporaryError(f"The reply of Exa at {url} did not end in time.")
    return b"".join(parts)


def _refused(
    reply: httpx.Response, body: bytes, key: str, url: str, variable: str
) -> RetrievalError:
    status = reply.status_code
    message = f"Exa at {url} answered {status}: {_said(body, key)}."
    if status in (408, 425, 429) or status >= 500:
        after = retry_after(reply.headers.get("retry-after"), reply.headers.get("date"))
        return TemporaryError(message, after)
    cure = _CURES.get(status, "Check base_url.")
    return RetrievalError(f"{message} {cure.format(variable=variable)}")


def _said(body: bytes, key: str) -> str:
    """What a refusal says of itself, cut short and without the key."""
    try:
        said = str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError, RecursionError):
        said = body[:2000].decode("utf-8", "replace")
    return f"{said.replace(key, '***')[:200]!r}"
