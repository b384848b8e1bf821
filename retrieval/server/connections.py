"""Connections: how many there may be, and how long one may keep the server waiting.

uvicorn bounds neither: a client that opens connections and says nothing, or one byte a minute, or
that never reads its reply, would hold them for ever. The parser is h11 by name, since it bounds the
headers (64 KiB) and the faster one does not.
"""

from __future__ import annotations

import asyncio
from typing import Any

from ...errors import require
from .limits import Limits

_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n"
    b"Content-Type: application/json\r\nContent-Length: 43\r\n\r\n"
    b'{"detail":"Too many connections are open."}'
)


def make_protocol(limits: Limits) -> type[Any]:
    """Return the class of uvicorn's connections, with our limits.

    Raises:
        MissingExtraError: If uvicorn is not installed.
    """
    base: Any = require("uvicorn.protocols.http.h11_impl", "serve").H11Protocol

    class Connection(base):  # type: ignore[misc]
        """One client's connection."""

        def connection_made(self, transport: asyncio.Transport) -> None:
            """Take a client, or send it away where there are too many."""
            self._reads = _Alarm(self.loop, limits.head_seconds, transport)
            self._writes = _Alarm(self.loop, limits.reply_seconds, transport)
            super().connection_made(transport)
            if len(self.connections) > limits.max_connections:
                transport.write(_FULL)
                transport.close()
            else:
                self._reads.set()

        def data_received(self, data: bytes) -> None:
            """Read on; what is not the end of a request's head leaves the alarm as it is."""
            super().data_received(data)
            waits = self.cycle is None or self.cycle.response_complete
            upgraded = self.transport.get_protocol() is not self  # a WebSocket's own from here on
            self._reads.set() if waits and not upgraded else self._reads.clear()

        def on_response_complete(self) -> None:
            """From here on uvicorn's own alarm runs, for the next request to begin."""
            self._reads.clear()
            super().on_response_complete()

        def pause_writing(self) -> None:
            """Note that the client does not read what it was sent."""
            super().pause_writing()
            self._writes.set()

        def resume_writing(self) -> None:
            """Note that it does."""
            super().resume_writing()
            self._writes.clear()

        def connection_lost(self, exc: Exception | None) -> None:
            """Forget it."""
            self._reads.clear()
            self._writes.clear()
            super().connection_lost(exc)

    return Connection


class _Alarm:
    """Ends a connection some seconds after it was set, unless it is cleared."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, seconds: float, transport: asyncio.Transport
    ) -> None:
        self._loop, self._seconds, self._transport = loop, seconds, transport
        self._timer: asyncio.TimerHandle | None = None

    def set(self) -> None:
        """Start it; one that runs goes on, or each byte would buy more time."""
        if self._timer is None:
            self._timer = self._loop.call_later(self._seconds, self._transport.abort)

    def clear(self) -> None:
        """Stop it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
