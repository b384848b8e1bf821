"""Many clients that ask a server at once, and look at every byte they get back.

A client is a bare connection that stays open: it sends a request, reads the answer, compares it with
the expected one, and sends the next. All of them run in one event loop and cost far less than the
server they share the machine with. Knows HTTP/1.1 as far as our server speaks it, and nothing of
retrieval.
"""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import NamedTuple
from urllib.parse import urlsplit

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"
_STRIDE = 7  # clients begin at different exchanges
PATIENCE = 60.0
"""Seconds that the last answers may take."""


class Exchange(NamedTuple):
    """The body of a request and the one that must come back."""

    request: bytes
    reply: bytes


@dataclass(slots=True)
class Load:
    """What came of some seconds of asking."""

    sent: int = 0
    right: int = 0
    """Answers equal to the expected ones, byte by byte."""
    wrong: int = 0
    """Answers that belong to another request, or to none."""
    failures: list[str] = field(default_factory=list)
    """Refusals and broken connections."""
    waits: list[float] = field(default_factory=list)
    """Seconds from each request to its answer."""
    seconds: float = 0.0

    @property
    def lost(self) -> int:
        """Requests that nothing came back for, and no failure either."""
        return max(self.sent - self.right - self.wrong - len(self.failures), 0)

    @property
    def clean(self) -> bool:
        """Whether each request got its own right answer."""
        return self.right == self.sent > 0 and not self.failures

    @property
    def per_second(self) -> float:
        """Right answers a second."""
        return self.right / max(self.seconds, 1e-9)

    def wait(self, percent: int) -> float:
        """Return the seconds within which so many percent of the answers came."""
        if len(self.waits) < 2:
            return sum(self.waits)
        return statistics.quantiles(self.waits, n=100, method="inclusive")[percent - 1]


def drive(
    url: str, exchanges: Sequence[Exchange], clients: int, seconds: float, *, each: int = 1
) -> Load:
    """Let many clients ask at once for some seconds, and wait for the last answers.

    Args:
        url: Where the server is, with the path.
        exchanges: What is asked; each client begins elsewhere and goes round.
        clients: How many ask.
        seconds: For how long.
        each: How often each of them asks at least, however long that takes.
    """
    return asyncio.run(_drive(url, exchanges, clients, seconds, each))


async def _drive(
    url: str, exchanges: Sequence[Exchange], clients: int, seconds: float, each: int
) -> Load:
    load, place = Load(), urlsplit(url)
    head = (
        f"POST {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Type: application/json\r\n"
    )
    requests = [
        f"{head}Content-Length: {len(one.request)}\r\n\r\n".encode() + one.request
        for one in exchanges
    ]
    replies = [one.reply for one in exchanges]
    start = perf_counter()
    asking = [
        _Client(requests, replies, load, number * _STRIDE, start + seconds, each)
        for number in range(clients)
    ]
    for client in asking:
        await _connect(client, place.hostname or "", place.port or 80)
    await asyncio.wait([client.done for client in asking], timeout=seconds + PATIENCE)
    load.seconds = perf_counter() - start
    for client in asking:
        client.leave()
    return load


async def _connect(client: _Client, host: str, port: int) -> None:
    try:
        await asyncio.get_running_loop().create_connection(lambda: client, host, port)
    except OSError as error:
        client.fail(f"No connection: {error}")


class _Client(asyncio.Protocol):
    """One connection."""

    def __init__(
        self,
        requests: Sequence[bytes],
        replies: Sequence[bytes],
        load: Load,
        place: int,
        until: float,
        owed: int,
    ) -> None:
        self._requests, self._replies, self._load = requests, replies, load
        self._place, self._until, self._owed = place, until, owed
        self._wire: asyncio.Transport | None = None
        self._came = bytearray()
        self._since = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._wire = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._came += data
        end = self._came.find(_HEAD_END)
        if end < 0:
            return
        head = bytes(self._came[:end]).lower()
        at = head.find(_LENGTH)
        if at < 0:
            self.fail(f"An answer without a length: {head[:200]!r}")
            return
        size = int(head[at + len(_LENGTH) :].split(b"\r\n", 1)[0])
        body = self._came[end + len(_HEAD_END) :]
        if len(body) >= size:
            self._answered(int(head[9:12]), bytes(body))

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.fail(f"The connection was lost ({error}).")

    def fail(self, reason: str) -> None:
        """Note a failure, and ask no more."""
        self._load.failures.append(reason)
        self._finish()

    def leave(self) -> None:
        """Hang up; what has not come by now is lost."""
        if not self.done.done():
            self.done.set_result(None)
        if self._wire is not None:
            self._wire.abort()

    def _ask(self) -> None:
        if self._owed <= 0 and perf_counter() >= self._until:
            self._finish()
            return
        assert self._wire is not None
        self._owed -= 1
        self._load.sent += 1
        self._since = perf_counter()
        self._wire.write(self._requests[self._place % len(self._requests)])

    def _answered(self, status: int, body: bytes) -> None:
        self._load.waits.append(perf_counter() - self._since)
        if status != 200:
            self.fail(f"{status}: {body[:200]!r}")
            return
        if body == self._replies[self._place % len(self._replies)]:
            self._load.right += 1
        else:
            self._load.wrong += 1
        self._came.clear()
        self._place += 1
        self._ask()

    def _finish(self) -> None:
        if not self.done.done():
            self.done.set_result(None)
        if self._wire is not None:
            self._wire.close()
