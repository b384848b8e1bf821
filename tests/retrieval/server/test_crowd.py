"""The server under 64 clients at once, with killers and nonsense among them."""

import json
import socket
import struct
import threading
import time
from contextlib import contextmanager
from urllib.parse import urlsplit

import msgspec
import pytest

from hopgym.benchmarks.speed.bm25 import make_texts
from hopgym.benchmarks.speed.load import Exchange, drive
from hopgym.benchmarks.speed.serve import serving
from hopgym.core import Document
from hopgym.retrieval.base import Hits
from hopgym.retrieval.bm25 import BM25Retriever
from hopgym.retrieval.server import Limits, running
from hopgym.retrieval.server.protocol import write_reply

CLIENTS = 64
EACH = 3
TIMES = 10
GOOD = b'{"queries": ["ada"], "topk": 1}'
BAD = [
    (b'{"queries": ["ada"', 400),
    (b'{"x":' + b"[" * 100_000, 400),
    (b'{"queries": "ada"}', 422),
    (b'{"queries": ["ada"], "topk": 1000000000}', 422),
    (b'{"queries": ["' + b"x" * 10_000_000 + b'"]}', 413),
]


class Costly:
    """Finds each query itself; a search costs the same, however many queries it has."""

    fingerprint = "costly"

    def __init__(self):
        self.searches = 0

    def search(self, queries, k):
        self.searches += 1
        time.sleep(0.01)
        documents = [[Document(query, "", query)] for query in queries]
        return Hits(documents, [[1.0]] * len(queries))


def exchanges_of(retriever, count=300):
    """What is asked, and what the retriever answers in its own process."""
    exchanges = []
    for number, query in enumerate(make_texts("queries", count, words=6)):
        scores, k = number % 2 == 0, 1 + number % 3
        body = {"queries": [query], "topk": k, "return_scores": scores}
        reply = write_reply(retriever.search([query], k), scores)
        exchanges.append(Exchange(msgspec.json.encode(body), reply))
    return exchanges


def documents(count):
    texts = make_texts("documents", count, words=40)
    return [Document(f"{n:05}", f"T{n}", text) for n, text in enumerate(texts)]


@contextmanager
def meanwhile(*works):
    """Do things again and again in threads, `TIMES` at least; what they return is in the lists."""
    done, stop = [[] for _ in works], threading.Event()

    def again(work, results):
        while not stop.is_set() or len(results) < TIMES:
            results.append(work())
            stop.wait(0.01)

    threads = [threading.Thread(target=again, args=pair) for pair in zip(works, done, strict=True)]
    for thread in threads:
        thread.start()
    try:
        yield done
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def killer(url):
    """Return a client that is killed mid-request: within its body, or waiting for the answer."""
    place, sizes = urlsplit(url), [0]

    def kill():
        sizes[0] = (sizes[0] + 7) % (len(GOOD) + 1)
        with socket.create_connection((place.hostname, place.port), timeout=30) as wire:
            wire.sendall(head(GOOD) + (GOOD[: sizes[0]] if sizes[0] % 2 else GOOD))
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return kill


def nonsense(url):
    """Return a client that sends one bad request after the other; it returns what was not refused."""
    place, turn = urlsplit(url), [0]

    def send():
        body, status = BAD[turn[0] % len(BAD)]
        turn[0] += 1
        with socket.create_connection((place.hostname, place.port), timeout=60) as wire:
            wire.sendall(head(body) + body)
            said = wire.recv(100)
        return None if said.startswith(b"HTTP/1.1 %d " % status) else (body[:40], said)

    return send


def head(body):
    return f"POST /retrieve HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n".encode()


def check(load, nonsense_replies, kills):
    assert not load.failures and not load.wrong and not load.lost
    assert load.clean and load.right >= EACH * CLIENTS
    assert len(kills) >= TIMES and len(nonsense_replies) >= len(BAD)
    assert not any(nonsense_replies)


@pytest.mark.parametrize("workers", [1, 4])
def test_a_crowd_with_killers_and_nonsense_gets_its_own_right_answers(workers):
    """Several workers too: a BM25 whose threads are the library's own aborts the process."""
    retriever = BM25Retriever(documents(500))
    exchanges = exchanges_of(retriever)
    with (
        running(retriever, limits=Limits(workers=workers)) as url,
        meanwhile(killer(url), nonsense(url)) as (kills, replies),
    ):
        load = drive(f"{url}/retrieve", exchanges, CLIENTS, seconds=1, each=EACH)
    check(load, replies, kills)


def test_the_queries_of_a_crowd_are_searched_together():
    """How much faster that is, is measured by `hopgym.benchmarks.speed.serve`."""
    together, alone, exchanges = Costly(), Costly(), exchanges_of(Costly(), 40)
    for retriever, size in ((together, Limits().max_batch), (alone, 1)):
        with running(retriever, limits=Limits(max_batch=size)) as url:
            load = drive(f"{url}/retrieve", exchanges, CLIENTS, seconds=0.6, each=EACH)
        assert load.clean
        retriever.answered = load.right
    assert together.answered > 3 * together.searches
    assert alone.answered <= alone.searches


@pytest.mark.slow
def test_a_crowd_for_a_minute():
    with (
        serving("bm25", 100_000) as served,
        meanwhile(killer(served.batched), nonsense(served.batched)) as (kills, replies),
    ):
        load = drive(f"{served.batched}/retrieve", served.exchanges, CLIENTS, seconds=60, each=EACH)
    check(load, replies, kills)
    assert load.seconds >= 60 and json.loads(served.exchanges[0].reply)["result"][0]
