from collections import Counter
from urllib.parse import urlsplit

import pytest
from servers import fake_server

from hopgym.benchmarks import wire_fuzz
from hopgym.benchmarks.wire_fuzz import exchange, fuzz, message
from hopgym.core import Document
from hopgym.retrieval.bm25 import BM25Retriever
from hopgym.retrieval.server import Limits, running


def test_messages_come_from_the_seed_and_are_of_all_kinds():
    made = [message(3, n) for n in range(300)]
    assert made == [message(3, n) for n in range(300)] != [message(4, n) for n in range(300)]
    assert len(Counter(kind for kind, _ in made)) == 12 and all(data for _, data in made)


def test_the_server_survives():
    limits = Limits(head_seconds=0.3, body_seconds=0.3)
    with running(BM25Retriever([Document("a", "Ada", "x")]), limits=limits) as url:
        report = fuzz(url, seconds=2)
    assert report.sent > 0 and not report.failures


def test_a_server_that_fails_is_seen_to():
    with fake_server(lambda asked: (500, {})) as fake:
        report = fuzz(fake.url, seconds=1)
    assert any(": 500" in failure for failure in report.failures)


def test_a_server_that_hangs_is_seen_to(monkeypatch):
    import socket

    monkeypatch.setattr(wire_fuzz, "PATIENCE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = urlsplit(f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert exchange((address.hostname, address.port), b"GET / HTTP/1.1\r\n\r\n") == "hang"


@pytest.mark.parametrize("token", [None, "s3cret"])
def test_a_token_is_brought(token):
    assert (b"Bearer s3cret" in wire_fuzz.post(b"{}", token)) is (token is not None)
