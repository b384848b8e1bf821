"""Talking to Qdrant: a client that is set up well, and its errors as ours.

Every failure becomes one message that says what to do; an API key is in none of them, even if the
server repeats it. Knows nothing of documents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import RetrievalError, require
from .backoff import TemporaryError, retry_after
from .remote import Secret, is_local

if TYPE_CHECKING:
    from qdrant_client import QdrantClient

IN_MEMORY = ":memory:"
"""The client's own stand-in for a server; it lives and dies with the process."""

_TEMPORARY = {408, 429, 500, 502, 503, 504}
_CURES = {
    401: "Name the environment variable that holds an API key: api_key_env=...",
    403: "Give the API key the right to read, and to write where documents are put in.",
    404: "Check the url and the collection.",
}


def connected(url: str, secret: Secret, timeout: float) -> QdrantClient:
    """Return a client; nothing is asked yet."""
    library = require("qdrant_client", "engines")
    client: QdrantClient
    if url == IN_MEMORY:
        client = library.QdrantClient(location=IN_MEMORY)
    else:
        client = library.QdrantClient(
            url=url,
            port=None,  # what the url says, not the library's own
            api_key=secret.read(),
            timeout=timeout,
            check_compatibility=False,  # it would ask in a thread of its own and print
            trust_env=not is_local(url),  # a proxy leads away from this machine
        )
    return client


def status_of(error: Exception) -> int | None:
    """Return the HTTP status of the server's refusal, or None if it is no refusal."""
    return getattr(error, "status_code", None)


def translated(url: str, secret: Secret, error: Exception) -> RetrievalError:
    """Turn an error of the client into ours; one that may pass is a `TemporaryError`."""
    where = f"Qdrant at {url}"
    status = status_of(error)
    if status is not None:
        said = _without(secret, bytes(getattr(error, "content", b"")).decode("utf-8", "replace"))
        message = f"{where} answered {status}: {said[:300]!r}."
        if status in _TEMPORARY:
            headers = getattr(error, "headers", None) or {}
            return TemporaryError(
                message, retry_after(headers.get("retry-after"), headers.get("date"))
            )
        return RetrievalError(f"{message} {_CURES.get(status, 'Check the url.')}")
    if type(error).__name__ == "ResourceExhaustedResponse":
        return TemporaryError(f"{where} is busy.", float(getattr(error, "retry_after_s", 0)))
    source = getattr(error, "source", error)
    if isinstance(source, require("httpx", "engines").TransportError):
        reason = f"{type(source).__name__}: {source}"
        return TemporaryError(
            f"{where} did not answer ({_without(secret, reason):.200}). Start it, or check the url "
            "and the timeout."
        )
    reason = _without(secret, f"{type(source).__name__}: {source}")
    return RetrievalError(f"The reply of {where} cannot be read ({reason:.200}).")


def _without(secret: Secret, text: str) -> str:
    key = secret.read()
    return text.replace(key, "***") if key else text
