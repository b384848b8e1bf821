import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from hopgym.core import Document
from hopgym.errors import ConfigError
from hopgym.retrieval.bm25 import BM25Retriever
from hopgym.retrieval.server import Limits, running
from hopgym.retrieval.server.run import read_token, serve

RETRIEVER = BM25Retriever([Document("a", "Ada", "a mathematician")])


class Slow:
    fingerprint = "slow"

    def __init__(self):
        self.began = threading.Event()

    def search(self, queries, k):
        self.began.set()
        time.sleep(0.5)
        return RETRIEVER.search(queries, k)


def test_only_this_machine_is_listened_to():
    with running(RETRIEVER) as url:
        assert url.startswith("http://127.0.0.1:")


@pytest.mark.parametrize("serving", [serve, lambda *a, **k: running(*a, **k).__enter__()])
def test_other_machines_are_not_let_in_without_a_token(serving):
    with pytest.raises(ConfigError, match=r"'0\.0\.0\.0' lets other machines in, and there is no"):
        serving(RETRIEVER, host="0.0.0.0")


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}], ids=str
)
def test_a_page_in_a_browser_is_not_let_in(headers):
    with running(RETRIEVER) as url:
        body = {"queries": ["ada"]}
        reply = httpx.post(f"{url}/retrieve", json=body, headers=headers, trust_env=False)
        assert reply.status_code == 403 and "127.0.0.1 or localhost" in reply.json()["detail"]
        assert httpx.get(f"{url}/info", headers=headers, trust_env=False).status_code == 403
    with running(RETRIEVER, host="0.0.0.0", anyone=True) as url:
        url = url.replace("0.0.0.0", "127.0.0.1")
        reply = httpx.post(f"{url}/retrieve", json=body, headers=headers, trust_env=False)
        assert reply.status_code == 200


def test_a_taken_port_is_one_clear_error():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"Cannot listen on 127\.0\.0\.1:{port}.*0 takes"):
            serve(RETRIEVER, port=port)


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 99_999), ("no.such.host.invalid", 0)])
def test_an_impossible_address_is_one_clear_error(host, port):
    with pytest.raises(ConfigError, match="Cannot listen on"):
        serve(RETRIEVER, host=host, port=port, anyone=True)


def test_requests_under_way_are_answered_before_it_stops():
    slow = Slow()
    with ThreadPoolExecutor(1) as pool:
        with running(slow) as url:
            body = {"queries": ["ada"]}
            reply = pool.submit(httpx.post, f"{url}/retrieve", json=body, trust_env=False)
            assert slow.began.wait(5)
        assert reply.result().status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/health", trust_env=False)


def test_a_search_that_takes_too_long_does_not_keep_it_from_stopping():
    slow = Slow()
    slow.search = lambda queries, k: (slow.began.set(), time.sleep(4))
    with ThreadPoolExecutor(1) as pool:
        with running(slow, limits=Limits(stop_seconds=1)) as url:
            body = {"queries": ["ada"]}
            reply = pool.submit(httpx.post, f"{url}/retrieve", json=body, trust_env=False)
            assert slow.began.wait(5)
            start = time.monotonic()
        assert time.monotonic() - start < 3
        if reply.exception() is None:  # else it was hung up on
            assert reply.result().status_code == 503 and reply.result().headers["Retry-After"]
            assert "stopping" in reply.result().json()["detail"]


def test_requests_are_not_written_to_the_log(capfd, caplog):
    """A line for each request makes servers of rollouts slow."""
    with running(RETRIEVER) as url:
        for body in ({"queries": ["ada"]}, {"queries": "ada"}):
            httpx.post(f"{url}/retrieve", json=body, trust_env=False)
    assert capfd.readouterr() == ("", "")
    assert not [record for record in caplog.records if "uvicorn" in record.name]


def test_answers_are_not_delayed():
    """A reply in two parts would wait 40 ms for the client's acknowledgement."""
    with running(RETRIEVER) as url, httpx.Client(trust_env=False) as client:
        times = []
        for _ in range(20):
            start = time.perf_counter()
            client.post(f"{url}/retrieve", json={"queries": ["ada"]})
            times.append(time.perf_counter() - start)
        assert sorted(times)[5] < 0.03


def test_the_token_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("MY_TOKEN", "abc")
    assert read_token("MY_TOKEN") == "abc"
    assert read_token(None) is None
    for value in ("", None):
        monkeypatch.setenv("MY_TOKEN", value) if value == "" else monkeypatch.delenv("MY_TOKEN")
        with pytest.raises(ConfigError, match="'MY_TOKEN' is not set or empty"):
            read_token("MY_TOKEN")
