"""The server as its clients see it."""

import json
import socket
import struct
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest

from hopgym.core import Document
from hopgym.errors import ConfigError, RetrievalError
from hopgym.retrieval.bm25 import BM25Retriever
from hopgym.retrieval.server import Limits, make_app, running

DOCUMENTS = [
    Document("a", "Ada", "a mathematician"),
    Document("b", "Bob", "a chemist"),
]
TOKEN = "a-right-token"
JSON = {"Content-Type": "application/json"}


class Gate:
    """A retriever that waits to be let through."""

    fingerprint = "gate"

    def __init__(self):
        self.open, self.searched = threading.Event(), []

    def search(self, queries, k):
        self.searched += queries
        assert self.open.wait(10)
        return BM25Retriever(DOCUMENTS).search(queries, k)


class Broken:
    fingerprint = "broken"

    def __init__(self, error):
        self.error = error

    def search(self, queries, k):
        raise self.error


@pytest.fixture(scope="module")
def client():
    limits = Limits(max_queries=8, max_k=100, max_waiting=8, body_seconds=0.5)
    with running(BM25Retriever(DOCUMENTS), limits=limits) as url, connected(url) as client:
        yield client


def connected(url):
    return httpx.Client(base_url=url, trust_env=False, timeout=10)


def ask(client, query="ada", **headers):
    return client.post("/retrieve", json={"queries": [query]}, headers=headers)


def test_retrieve_with_and_without_scores(client):
    body = {"queries": ["ada", "a chemist", "zzz"], "topk": 2}
    reply = client.post("/retrieve", json={**body, "return_scores": True})
    assert reply.status_code == 200 and reply.headers["content-type"] == "application/json"
    first, second, third = reply.json()["result"]
    assert first[0]["document"] == {"id": "a", "contents": '"Ada"\na mathematician'}
    hits = BM25Retriever(DOCUMENTS).search(body["queries"], 2)
    assert [[item["score"] for item in row] for row in (first, second, third)] == hits.scores
    bare = client.post("/retrieve", json={**body, "return_scores": False}).json()["result"]
    assert bare == [[item["document"] for item in row] for row in (first, second, third)]


def test_two_queries_without_scores_stay_two_rows(client):
    """The server that set the protocol unpacks exactly two rows as something else."""
    reply = client.post("/retrieve", json={"queries": ["ada", "bob"], "return_scores": False})
    assert [[item["id"] for item in row] for row in reply.json()["result"]] == [["a"], ["b"]]


def test_the_client_of_search_r1_reads_it(client):
    reply = client.post("/retrieve", json={"queries": ["ada"], "topk": 3, "return_scores": True})
    (item,) = reply.json()["result"][0]
    title, *text = item["document"]["contents"].split("\n")
    assert (title, "\n".join(text)) == ('"Ada"', "a mathematician")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\x00\x01", 400),
        (b'{"x":' + b"[" * 1_000_000, 400),
        (b"null", 422),
        (b'{"queries": "ada"}', 422),
        (b'{"queries": ["ada"], "topk": 1000000000}', 422),
        (b'{"queries": ["ada"], "topk": 1e400}', 422),
        (b'{"queries": ["' + b"x" * 10_001 + b'"]}', 422),
        (b'{"queries": [' + b'"a",' * 8 + b'"a"]}', 422),
        (b'{"queries": ["' + b"x" * 10_000_000 + b'"]}', 413),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_bad_bodies_are_the_clients_fault(client, body, status):
    reply = client.post("/retrieve", content=body, headers=JSON)
    assert reply.status_code == status and reply.json()["detail"]
    assert ask(client).status_code == 200


def test_a_large_body_without_a_length_is_refused_too(client):
    reply = client.post("/retrieve", content=(b"x" * 100_000 for _ in range(100)))
    assert reply.status_code == 413


def test_a_body_that_does_not_come_is_not_waited_for(client):
    with raw(client) as wire:
        wire.sendall(b"POST /retrieve HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{")
        assert b" 408 " in wire.recv(1000)


@pytest.mark.parametrize(
    "line", [b"\x00\xff\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"POST /retrieve HTTP/1.1\r\n\r\n"]
)
def test_what_is_no_http_is_refused(client, line):
    with raw(client) as wire:
        wire.sendall(line)
        assert wire.recv(1000).startswith(b"HTTP/1.1 4")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/retrieve", 405), ("POST", "/health", 405), ("GET", "/nothing", 404)],
)
def test_other_paths_and_methods(client, method, path, status):
    assert client.request(method, path).status_code == status


def test_health_info_and_metrics(client):
    ask(client)
    assert client.get("/health").json() == {"status": "ok"}
    info = client.get("/info").json()
    assert info["fingerprint"] == BM25Retriever(DOCUMENTS).fingerprint
    assert (info["retriever"], info["documents"]) == ("BM25Retriever", 2)
    assert info["limits"]["max_k"] == 100
    metrics = client.get("/metrics")
    assert metrics.headers["content-type"].startswith("text/plain")
    assert 'hopgym_requests_total{status="200"}' in metrics.text


@pytest.fixture(scope="module")
def guarded():
    with running(BM25Retriever(DOCUMENTS), token=TOKEN) as url, connected(url) as client:
        yield client


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer wrong",
        f"Basic {TOKEN}",
        TOKEN,
        f"Bearer {TOKEN}x",
        "Bearer \xff".encode("latin-1"),
    ],
)
def test_a_wrong_token_gets_nothing(guarded, header, caplog):
    headers = {} if header is None else {"Authorization": header}
    for reply in (
        guarded.post("/retrieve", content=b"{", headers=headers),
        guarded.get("/info", headers=headers),
        guarded.get("/metrics", headers=headers),
    ):
        assert reply.status_code == 401 and reply.headers["www-authenticate"] == "Bearer"
        assert TOKEN not in reply.text
    assert guarded.get("/health").status_code == 200
    assert ask(guarded, Authorization=f"bearer {TOKEN}").status_code == 200
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("token", ["", " ", "tökén", "a\nb"])
def test_a_token_that_no_header_can_hold_is_refused(token):
    with pytest.raises(ConfigError, match="token is empty or has characters"):
        make_app(BM25Retriever(DOCUMENTS), token=token)


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (RetrievalError("The disk is gone."), 502, "The disk is gone."),
        (ConfigError("k is odd."), 422, "k is odd."),
        (ZeroDivisionError("secret"), 500, "The retriever failed (ZeroDivisionError)"),
        (MemoryError("secret"), 503, "The server is out of memory. Come back"),
        (RuntimeError("CUDA out of memory; secret"), 503, "The server is out of memory."),
        (OSError(28, "No space left", "/secret"), 507, "The server's disk is full"),
    ],
)
def test_a_failing_retriever_is_told_apart(error, status, detail):
    with running(Broken(error)) as url, connected(url) as client:
        reply = ask(client)
        assert reply.status_code == status and reply.json()["detail"].startswith(detail)
        assert reply.headers.get("retry-after") == ("1" if status == 503 else None)
        assert "secret" not in reply.text
        assert client.get("/health").status_code == 200


def test_a_search_that_takes_long_keeps_nobody_else_waiting():
    """An endpoint that searches in the event loop would hold up everything."""
    gate = Gate()
    with running(gate) as url, connected(url) as client, ThreadPoolExecutor(1) as pool:
        busy = pool.submit(ask, client)
        wait_until(lambda: gate.searched)
        assert client.get("/health", timeout=2).status_code == 200
        assert client.get("/metrics", timeout=2).status_code == 200
        assert not busy.done()
        gate.open.set()
        assert busy.result().status_code == 200


def test_a_full_queue_asks_to_come_back():
    gate, limits = Gate(), Limits(max_waiting=2, max_queries=2, max_batch=1)
    with (
        running(gate, limits=limits) as url,
        connected(url) as client,
        ThreadPoolExecutor(3) as pool,
    ):
        busy = []
        for count in range(1, 4):
            busy.append(pool.submit(ask, client))
            wait_until(lambda count=count: waiting(client) >= count - 1 and gate.searched)
        reply = ask(client)
        assert reply.status_code == 503 and reply.headers["retry-after"] == "1"
        gate.open.set()
        assert [one.result().status_code for one in busy] == [200] * 3


def test_a_client_killed_mid_request_harms_no_other():
    gate, limits = Gate(), Limits(max_batch=4)
    with (
        running(gate, limits=limits) as url,
        connected(url) as client,
        ThreadPoolExecutor(8) as pool,
    ):
        first = pool.submit(ask, client)
        wait_until(lambda: gate.searched == ["ada"])
        others = [pool.submit(ask, client, "bob") for _ in range(4)]
        for number in range(6):  # some before their body, some after
            wire = raw(client)
            body = json.dumps({"queries": [f"killed {number}"]}).encode()
            head = (
                f"POST /retrieve HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            wire.sendall(head.encode() + (body if number % 2 else body[:5]))
            wait_until(lambda: waiting(client) >= 1)
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            wire.close()
        time.sleep(0.1)
        gate.open.set()
        replies = [first.result(), *(one.result() for one in others)]
        assert all(reply.status_code == 200 for reply in replies)
        assert [reply.json()["result"][0][0]["id"] for reply in replies] == ["a", *"bbbb"]
        assert not any(query.startswith("killed") for query in gate.searched)
        assert 'status="499"' in client.get("/metrics").text


def test_crowds_get_their_own_answers():
    words = ["ada", "bob", "mathematician", "chemist", "zzz"]
    expected = dict(zip(words, BM25Retriever(DOCUMENTS).search(words, 2).ids, strict=True))

    def one(number):
        word, scores = words[number % 5], number % 2 == 0
        body = {"queries": [word], "topk": 2, "return_scores": scores}
        row = client.post("/retrieve", json=body).json()["result"][0]
        return [(item["document"] if scores else item)["id"] for item in row] == expected[word]

    with (
        running(BM25Retriever(DOCUMENTS)) as url,
        connected(url) as client,
        ThreadPoolExecutor(16) as pool,
    ):
        assert all(pool.map(one, range(200)))


def raw(client):
    place = urlsplit(str(client.base_url))
    wire = socket.create_connection((place.hostname, place.port), timeout=10)
    return wire


def waiting(client):
    (line,) = (
        line
        for line in client.get("/metrics").text.splitlines()
        if line.startswith("hopgym_queries_waiting")
    )
    return int(line.split()[1])


def wait_until(condition):
    until = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.005)
