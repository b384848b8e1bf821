"""Malformed requests on bare sockets: what no HTTP library would send.

Torn and repeated headers, lengths that lie, chunks that do not add up, bodies of every broken kind
of JSON and MessagePack, and good requests with a few bytes changed. A server passes if each
connection ends or is answered in time, no answer is a fault of its own (5xx; 503 says come back),
and a good request in between gets its right answer. Each message comes from `rng_for(seed, number)`.
"""

from __future__ import annotations

import json
import random
import socket
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from urllib.parse import urlsplit

from ..seeding import rng_for

PATIENCE = 15.0
"""Seconds in which a connection must be answered or ended; the server's limits are shorter."""
_CHECK_EVERY = 25
_CLIENTS = 8
"""How many send at once: many messages are waited for until the server's patience ends."""

RETRIEVE = "/retrieve"
_INFO = b"GET /info HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
_GOOD = b'{"queries": ["ada"], "topk": 2, "return_scores": true}'
_DEEP = 200_000


@dataclass
class WireReport:
    """What came of it."""

    sent: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    """Answers by status; `closed` is a connection that was ended without one."""
    failures: list[str] = field(default_factory=list)
    """5xx, hangs, and good requests that got no right answer."""
    lock: Lock = field(default_factory=Lock, repr=False)


def fuzz(
    url: str, *, seconds: float, seed: int = 0, token: str | None = None, path: str = RETRIEVE
) -> WireReport:
    """Send malformed requests for some seconds.

    Args:
        url: Where the server is.
        seconds: For how long.
        seed: Of the messages.
        token: A bearer token that all of them bring.
        path: Where bodies are posted. At any but `/retrieve`, a good request is one for `/info`.
    """
    report, until = WireReport(), monotonic() + seconds
    place = urlsplit(url)
    address = (place.hostname or "127.0.0.1", place.port or 80)

    def client(first: int) -> None:
        number = first
        while monotonic() < until:
            _one(report, address, number, seed, token, path)
            number += _CLIENTS

    with ThreadPoolExecutor(_CLIENTS) as pool:
        list(pool.map(client, range(_CLIENTS)))
    return report


def _one(
    report: WireReport,
    address: tuple[str, int],
    number: int,
    seed: int,
    token: str | None,
    path: str,
) -> None:
    kind, data = message(seed, number, token)
    data = data.replace(RETRIEVE.encode(), path.encode())
    outcome = exchange(address, data, done=number % 2 == 0)
    with report.lock:
        report.sent += 1
        report.statuses[outcome] += 1
    if outcome == "hang" or (outcome.startswith("5") and outcome != "503"):
        report.failures.append(f"message {number} ({kind}): {outcome}")
    if number % _CHECK_EVERY == 0:
        good = exchange(address, post(_GOOD, token) if path == RETRIEVE else _INFO)
        if good != "200":
            report.failures.append(f"a good request after message {number} ({kind}): {good}")


def exchange(address: tuple[str, int], data: bytes, *, done: bool = False) -> str:
    """Send bytes and return the status of the answer, `closed` or `hang`.

    Args:
        address: Where to.
        data: What is sent.
        done: Whether the server is told that no more will come.
    """
    try:
        with socket.create_connection(address, timeout=PATIENCE) as wire:
            try:
                wire.sendall(data)
                if done:
                    wire.shutdown(socket.SHUT_WR)
            except TimeoutError:
                return "hang"
            except OSError:
                pass  # it was hung up on while it sent; an answer may be there
            return _status(wire)
    except TimeoutError:
        return "hang"
    except OSError:
        return "closed"


def message(seed: int, number: int, token: str | None = None) -> tuple[str, bytes]:
    """Return the kind and the bytes of a message.

    >>> message(0, 1) == message(0, 1)
    True
    """
    rng = random.Random(int(rng_for(seed, "wire", number).integers(2**63)))
    kind = rng.choice(sorted(_KINDS))
    return kind, _KINDS[kind](rng, token)


def post(body: bytes, token: str | None, *headers: bytes) -> bytes:
    """Return a whole request."""
    lines = [b"POST /retrieve HTTP/1.1", b"Host: 127.0.0.1", b"Content-Length: %d" % len(body)]
    if token is not None:
        lines.append(b"Authorization: Bearer " + token.encode())
    return b"\r\n".join([*lines, b"Connection: close", *headers]) + b"\r\n\r\n" + body


def _status(wire: socket.socket) -> str:
    said = b""
    while b"\r\n" not in said:
        got = wire.recv(4096)
        if not got:
            return "closed"
        said += got
    parts = said.split(b" ", 2)
    return parts[1].decode("ascii", "replace") if len(parts) > 1 else "closed"


def _noise(rng: random.Random, most: int = 4096) -> bytes:
    return rng.randbytes(rng.randrange(1, most))


def _body(rng: random.Random, token: str | None) -> bytes:
    return post(rng.choice(_BODIES), token)


def _number(rng: random.Random, token: str | None) -> bytes:
    value = rng.choice(_NUMBERS)
    field_ = rng.choice([b"topk", b"queries", b"query", b"return_scores"])
    return post(b'{"queries": ["ada"], "%s": %s}' % (field_, value), token)


def _text(rng: random.Random, token: str | None) -> bytes:
    text = "".join(chr(rng.choice(_POINTS) + rng.randrange(64)) for _ in range(rng.randrange(200)))
    return post(json.dumps({"query": text}).encode(), token)


def _mutated(rng: random.Random, token: str | None) -> bytes:
    data = bytearray(post(_GOOD, token))
    for _ in range(rng.randrange(1, 8)):
        place = rng.randrange(len(data))
        change = rng.randrange(3)
        data[place : place + (change != 1)] = b"" if change == 2 else rng.randbytes(1)
    return bytes(data)


def _cut(rng: random.Random, token: str | None) -> bytes:
    data = post(_GOOD, token)
    return data[: rng.randrange(1, len(data))]


def _headers(rng: random.Random, token: str | None) -> bytes:
    return post(_GOOD, token, *rng.sample(_HEADERS, rng.randrange(1, 4)))


def _large_head(rng: random.Random, token: str | None) -> bytes:
    size = rng.choice([1_000, 60_000, 70_000, 1_000_000])
    return post(_GOOD, token, b"X-Large: " + b"x" * size)


def _chunks(rng: random.Random, token: str | None) -> bytes:
    head = post(b"", token, b"Transfer-Encoding: chunked").replace(b"Content-Length: 0\r\n", b"")
    return head + rng.choice([b"%x\r\n%s\r\n0\r\n\r\n" % (len(_GOOD), _GOOD), *_CHUNKS])


def _line(rng: random.Random, token: str | None) -> bytes:
    return rng.choice(_LINES) + b"\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


def _pipelined(rng: random.Random, token: str | None) -> bytes:
    good = post(_GOOD, token).replace(b"Connection: close\r\n", b"")
    return good * rng.randrange(2, 20) + _noise(rng, 64)


_KINDS: dict[str, Callable[[random.Random, str | None], bytes]] = {
    "noise": lambda rng, token: _noise(rng),
    "noise as body": lambda rng, token: post(_noise(rng), token),
    "body": _body, "number": _number, "text": _text, "mutated": _mutated, "cut": _cut,
    "headers": _headers, "large head": _large_head, "chunks": _chunks, "line": _line,
    "pipelined": _pipelined,
}  # fmt: skip

_BODIES = [
    b"", b"null", b"[]", b"0", b'"', b"{", b'{"queries"', b"\xff\xfe{}", b"\xef\xbb\xbf{}",
    b"[" * _DEEP, b'{"query":' * _DEEP, b'{"x":' + b"[" * _DEEP, b"\x91" * _DEEP,
    b"\x81" * _DEEP, b'{"query": "\\ud800"}', b'{"query": "\xed\xa0\x80"}', b'{"query": "\\u0000"}',
    b'{"query": "a", "query": "b"}', b'{"queries": [null]}', b'{"queries": [["a"]]}',
    b'{"queries": {"0": "a"}}', b'{"queries": []}', b'{"query": "' + b"x" * 100_000 + b'"}',
    b"\x81\xa5query\xa1a", b"\x81\xa7queries\xdd\xff\xff\xff\xff", b"\x81\xa5query\xdb\x7f\xff\xff\xff",
    b"\xde\xff\xff", b"\xdf\xff\xff\xff\xff", b'{"queries": ["a"], "file": "/etc/passwd"}',
    b'{"query": "a", "retriever": "os:system", "questions": "evil.py:make"}',
]  # fmt: skip
_NUMBERS = [
    b"NaN", b"Infinity", b"-Infinity", b"1e400", b"-1", b"0", b"0.5", b"1e2", b"9" * 5_000,
    b"18446744073709551616", b"-9223372036854775809", b"true", b'"3"', b"[3]", b"{}", b"1" + b"0" * 400,
]  # fmt: skip
_POINTS = [0, 0x300, 0x200B, 0x202E, 0xD800, 0xDFC0, 0xFFC0, 0x1F600, 0x10FFC0]
_HEADERS = [
    b"Content-Length: 5", b"Content-Length: -1", b"Content-Length: 99999999999999999999",
    b"Content-Length: 1e3", b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip",
    b"Content-Encoding: gzip", b"Expect: 100-continue", b"Upgrade: websocket", b"Upgrade: h2c",
    b"Connection: Upgrade", b"Host: evil.example", b"Host:", b"Origin: http://evil.example",
    b"Origin: null", b"Authorization: Bearer \xff\xfe", b"Authorization: Basic Og==",
    b"Authorization:", b"Content-Type: application/x-msgpack", b"Content-Type: multipart/form-data",
    b"X: \x00", b"X: a\rb", b" folded: x", b"No colon", b": empty", b"X-Forwarded-For: 127.0.0.1",
    b"Range: bytes=0-0", b"Cookie: " + b"a=b; " * 500,
]  # fmt: skip
_CHUNKS = [
    b"zz\r\n", b"-1\r\n\r\n", b"ffffffffffffffff\r\nx", b"5\r\nab\r\n0\r\n\r\n", b"1;x=" + b"y" * 70_000,
    b"0\r\nX: y\r\n\r\n", b"1\r\n{\r\n" * 2_000, b"",
]  # fmt: skip
_LINES = [
    b"GET /", b"GET / HTTP/9.9", b"GET  /info  HTTP/1.1", b"GET http://evil.example/info HTTP/1.1",
    b"GET /../../etc/passwd HTTP/1.1", b"GET /%2e%2e/%00 HTTP/1.1", b"GET /\xff HTTP/1.1",
    b"CONNECT evil.example:443 HTTP/1.1", b"PRI * HTTP/2.0", b"OPTIONS * HTTP/1.1", b"\x16\x03\x01\x02",
    b"GET /" + b"a" * 70_000 + b" HTTP/1.1", b"TRACE /info HTTP/1.1", b"PUT /retrieve HTTP/1.1",
    b"HEAD /info HTTP/1.0", b"GET /openapi.json?x=" + b"%" * 100 + b" HTTP/1.1", b"\x00" * 100,
]  # fmt: skip
