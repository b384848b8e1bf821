"""Clients that would keep the server waiting for ever."""

import socket
import time
from urllib.parse import urlsplit

import httpx
import pytest

from hopgym.core import Document
from hopgym.retrieval.base import Hits
from hopgym.retrieval.bm25 import BM25Retriever
from hopgym.retrieval.server import Limits, running

RETRIEVER = BM25Retriever([Document("a", "Ada", "a mathematician")])
HEAD = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n"


class Large:
    """Finds more than any socket's buffer holds."""

    fingerprint = "large"

    def search(self, queries, k):
        documents = [[Document(str(n), "", "x" * 1_000_000) for n in range(32)]] * len(queries)
        return Hits(documents, [[1.0] * 32] * len(queries))


def connect(url):
    place = urlsplit(url)
    return socket.create_connection((place.hostname, place.port), timeout=20)


def health(url):
    return httpx.get(f"{url}/health", trust_env=False, timeout=20).status_code


def ended(wire):
    """Wait for the server's end of a connection."""
    try:
        while wire.recv(65536):
            pass
    except ConnectionError:
        pass
    return True


@pytest.mark.parametrize("said", [b"", b"G", HEAD], ids=["nothing", "a byte", "half a head"])
def test_a_request_that_does_not_begin_is_not_waited_for(said):
    with running(RETRIEVER, limits=Limits(head_seconds=0.3)) as url, connect(url) as wire:
        wire.sendall(said)
        assert ended(wire) and health(url) == 200


def test_a_byte_now_and_then_buys_no_time():
    with running(RETRIEVER, limits=Limits(head_seconds=0.5)) as url, connect(url) as wire:
        start = time.monotonic()
        with pytest.raises(OSError):
            for _ in range(400):
                wire.sendall(b"a")
                time.sleep(0.05)
        assert time.monotonic() - start < 15


def test_a_second_request_that_does_not_begin_is_not_waited_for_either():
    with running(RETRIEVER, limits=Limits(head_seconds=0.3)) as url, connect(url) as wire:
        wire.sendall(HEAD + b"\r\n")
        assert b" 200 " in wire.recv(4096)
        wire.sendall(HEAD)
        assert ended(wire)


def test_an_idle_connection_is_kept_for_the_next_request():
    with running(RETRIEVER, limits=Limits(head_seconds=0.3)) as url, connect(url) as wire:
        for _ in range(2):
            wire.sendall(HEAD + b"\r\n")
            said = b""
            while not said.endswith(b"}"):  # head and body may come one after the other
                said += wire.recv(4096)
            assert b" 200 " in said
            time.sleep(0.6)


def test_a_reply_that_nobody_reads_is_dropped():
    with running(Large(), limits=Limits(reply_seconds=0.5)) as url, connect(url) as wire:
        body = b'{"query": "x", "topk": 32}'
        head = b"POST /retrieve HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n"
        wire.sendall(head % len(body) + body)
        time.sleep(3)
        got = 0
        try:
            while part := wire.recv(1 << 20):
                got += len(part)
        except ConnectionError:
            pass
        assert got < 32_000_000 and health(url) == 200


def test_there_is_a_most_of_connections():
    with running(RETRIEVER, limits=Limits(max_connections=3)) as url:
        held = [connect(url) for _ in range(3)]
        with connect(url) as wire:
            said = wire.recv(4096)
            assert said.startswith(b"HTTP/1.1 503 ") and b"Retry-After: 1" in said
            assert said.endswith(b'{"detail":"Too many connections are open."}')
        for wire in held:
            wire.close()
        until = time.monotonic() + 10
        while time.monotonic() < until:
            try:
                if health(url) == 200:
                    return
            except httpx.TransportError:
                pass
        pytest.fail("the server does not come back")


def test_a_head_has_a_most_of_bytes():
    with running(RETRIEVER) as url, connect(url) as wire:
        wire.sendall(HEAD + b"X: " + b"x" * 70_000)
        assert wire.recv(4096).startswith(b"HTTP/1.1 4")
