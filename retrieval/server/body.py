"""Reading a request's body, no longer than allowed in bytes and seconds."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from .protocol import RequestError

if TYPE_CHECKING:
    from starlette.requests import Request

_DRAIN = 16
"""A body that is too large is read, and dropped, up to so many times the limit: a client that is
cut off while it sends does not get to see why."""


async def read_body(request: Request, most: int, seconds: float) -> bytes:
    """Return the body.

    Args:
        request: Whose body it is.
        most: Its bytes at most.
        seconds: How long the client may take to send it.

    Raises:
        RequestError: With status 408 if it is slower, and 413 if it is larger.
    """
    body, size = bytearray(), 0
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                size += len(chunk)
                if size <= most:
                    body += chunk
                elif size > _DRAIN * most:
                    break
    except TimeoutError as error:
        raise RequestError(408, f"The body did not arrive within {seconds:g} s.") from error
    if size > most:
        raise RequestError(413, f"The body has more than {most} bytes. Send less at a time.")
    return bytes(body)
