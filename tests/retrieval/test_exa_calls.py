"""What can go wrong between us and Exa."""

import os
import socket
import time

import pytest
from exa_server import KEY, breaking_server, echo, exa_server
from servers import fake_server, free_port

from hopgym.errors import ConfigError, RetrievalError
from hopgym.retrieval import exa_calls
from hopgym.retrieval.backoff import GaveUpError
from hopgym.retrieval.exa import ExaRetriever
from hopgym.retrieval.exa_calls import connected, key_in

pytest.importorskip("exa_py")
QUICK = {"rate": 1000, "backoff": 0.001, "timeout": 5}


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("EXA_API_KEY", KEY)


def ask(url, **options):
    return ExaRetriever(base_url=url, **{**QUICK, **options}).search(["x"], 1).documents[0][0].title


def test_the_client_is_exas_own_and_holds_no_key():
    with exa_server() as fake:
        client = connected(fake.url, "EXA_API_KEY", 5, 1000)
        assert client.search("x", type="auto", num_results=1).results[0].title == "T x"
        assert KEY not in repr(vars(client)) + repr(vars(client.request))
    assert fake.asked[0].headers["x-api-key"] == KEY


def test_retry_after_is_honoured():
    replies = [(429, {"error": "slowly"}, {"Retry-After": "0.5"})]
    with exa_server(lambda asked: replies.pop() if replies else echo(asked)) as fake:
        start = time.monotonic()
        assert ask(fake.url) == "T x"
        assert time.monotonic() - start >= 0.5
        assert len(fake.asked) == 2


def test_who_asks_to_wait_for_too_long_has_failed():
    busy = (429, {"error": "tomorrow"}, {"Retry-After": "86400"})
    with (
        exa_server(lambda _: busy) as fake,
        pytest.raises(GaveUpError, match=r"answered 429: 'tomorrow'\. Gave up after 1 try"),
    ):
        ask(fake.url)


@pytest.mark.parametrize("status", [408, 429, 500, 501, 502, 503, 504, 524])
def test_a_passing_failure_is_repeated(status):
    replies = [(status, b"<html>"), None, (200, b'{"results": ['), (200, b"<html>busy</html>")]
    with exa_server(lambda asked: replies.pop() if replies else echo(asked)) as fake:
        assert ask(fake.url, retries=4) == "T x"
        assert len(fake.asked) == 5


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "answered 400: 'no'. Check the type"),
        (401, "answered 401: 'no'. Put a valid key into the environment variable EXA_API_KEY"),
        (402, "answered 402: 'no'. The credits of the key in EXA_API_KEY"),
        (403, "answered 403: 'no'. The key in EXA_API_KEY may not"),
        (404, "answered 404: 'no'. Check base_url"),
        (418, "answered 418: 'no'. Check base_url"),
    ],
)
def test_a_refusal_is_not_repeated_and_says_what_to_do(status, message):
    with exa_server(lambda _: (status, {"error": "no"})) as fake:
        with pytest.raises(RetrievalError, match=message) as caught:
            ask(fake.url)
        assert not isinstance(caught.value, GaveUpError)
        assert len(fake.asked) == 1


def test_no_redirection_carries_the_key_away():
    with exa_server() as other:
        away = (307, b"", {"Location": f"{other.url}/search"})
        with (
            exa_server(lambda _: away) as fake,
            pytest.raises(RetrievalError, match="answered 307"),
        ):
            ask(fake.url)
        assert other.asked == []


@pytest.mark.parametrize(
    "said", [{"error": f"bad {KEY}"}, f"x {KEY}".encode(), {"a": KEY}, b"\xff"]
)
@pytest.mark.parametrize("status", [401, 500, 200])
def test_who_repeats_the_key_is_not_repeated(said, status):
    with (
        exa_server(lambda _: (status, said)) as fake,
        pytest.raises(RetrievalError) as caught,
    ):
        ask(fake.url, retries=0)
    assert KEY not in str(caught.value) and KEY not in repr(caught.value.__cause__)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"<html>", b"\xff\xfe", b'{"results": [', b"[" * 200_000]
)
def test_malformed_json_is_an_error_after_all_tries(body):
    with exa_server(lambda _: (200, body)) as fake:
        with pytest.raises(GaveUpError, match=r"cannot be read \(\w+\).*after 3 tries"):
            ask(fake.url, retries=2)
        assert len(fake.asked) == 3


@pytest.mark.parametrize(
    "reply",
    [
        {},
        [],
        None,
        "x",
        5,
        {"results": None},
        {"results": 5},
        {"results": {"a": 1}},
        {"results": ["x"]},
        {"results": [None]},
        {"error": "quietly"},
        {"results": [], "costDollars": 5},
    ],
)
def test_a_reply_of_another_form_is_an_error_never_a_row(reply):
    with exa_server(lambda _: (200, reply)) as fake:
        with pytest.raises(RetrievalError, match=r"has another form.*Check base_url"):
            ask(fake.url)
        assert len(fake.asked) == 1


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "pieces",
    [
        [HEAD + b"Content-Length: 500\r\n\r\n", b'{"results": ['],
        [HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b'd\r\n{"results": [\r\n'],
        [HEAD + b"Content-Encoding: gzip\r\nContent-Length: 9\r\n\r\n", b"not gzip!"],
        [b"HTTP/1.1 200 OK\r\nContent-"],
        [b"SSH-2.0-else\r\n"],
        [],
    ],
)
def test_a_reply_that_breaks_off_is_an_error(pieces):
    with (
        breaking_server(*pieces) as url,
        pytest.raises(GaveUpError, match=r"The connection to Exa at .* broke.*after 2 tries"),
    ):
        ask(url, retries=1)


def test_a_reply_that_drips_ends_in_time():
    drips = [HEAD + b"Content-Length: 5000\r\n\r\n", *([b" "] * 500)]
    with breaking_server(*drips, pause=0.05) as url:
        start = time.monotonic()
        with pytest.raises(GaveUpError, match="did not end in time"):
            ask(url, timeout=0.3, retries=1)
        assert time.monotonic() - start < 20


def test_a_server_that_stalls_runs_into_the_timeout():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        start = time.monotonic()
        with pytest.raises(GaveUpError, match=r"did not answer within 0\.2 s \(ReadTimeout"):
            ask(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.2, retries=1)
        assert time.monotonic() - start < 20


def test_a_reply_without_end_is_not_read_to_the_end(monkeypatch):
    monkeypatch.setattr(exa_calls, "MOST_BYTES", 100_000)
    with (
        exa_server(lambda _: (200, b" " * 5_000_000)) as fake,
        pytest.raises(RetrievalError, match=r"longer than 100,000 bytes\. Ask for fewer"),
    ):
        ask(fake.url)


def test_nobody_there_is_an_error_and_is_then_left_alone():
    url = f"http://127.0.0.1:{free_port()}"
    exa = ExaRetriever(base_url=url, failures=2, pause=60, **QUICK)
    for _ in range(2):
        with pytest.raises(RetrievalError, match=r"Exa cannot be reached at .*after 4 tries"):
            exa.search(["x"], 1)
    with pytest.raises(RetrievalError, match=r"Exa at .* is left alone for another \d"):
        exa.search(["x"], 1)


def test_a_proxy_leads_not_away_from_this_machine(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    with exa_server() as fake:
        assert ask(fake.url, retries=0) == "T x"


def test_connections_are_used_again():
    ports = set()
    with fake_server(lambda asked: (200, {"results": []})) as fake:
        exa = ExaRetriever(base_url=fake.url, **QUICK)
        for number in range(5):
            exa.search([str(number)], 1)
            client = exa._source.base._client.get().request._http
            ports |= {id(one) for one in client._transport._pool.connections}
    assert len(ports) == 1


def test_the_key_is_read_anew_and_only_from_the_environment(monkeypatch):
    with exa_server() as fake:
        exa = ExaRetriever(base_url=fake.url, **QUICK)
        exa.search(["x"], 1)
        monkeypatch.setenv("EXA_API_KEY", "another-key")
        with pytest.raises(RetrievalError, match=r"401: 'Invalid API key \*\*\*'"):
            exa.search(["x"], 1)
        monkeypatch.setenv("MY_KEY", KEY)
        mine = ExaRetriever(base_url=fake.url, api_key_env="MY_KEY", **QUICK)
        assert mine.search(["x"], 1).ids == exa_ids("x")
    assert key_in("MY_KEY") == KEY


def exa_ids(*names):
    return [[f"https://example.org/{name}"] for name in names]


@pytest.mark.parametrize("key", ["", "  ", "k\u00e9y", "two\nlines"])
def test_without_a_key_the_variable_is_named(monkeypatch, key):
    monkeypatch.setenv("EXA_API_KEY", key)
    with pytest.raises(ConfigError, match="'EXA_API_KEY' holds no token; set it, or leave exa out"):
        key_in("EXA_API_KEY")


def _most_in_a_second(times):
    times = sorted(times)
    return max(sum(start <= t < start + 0.95 for t in times) for start in times)


def test_no_more_requests_a_second_than_allowed_and_repetitions_count():
    times, fails = [], iter([True] * 3)

    def answer(asked):
        times.append(time.monotonic())
        return (503, {"error": "busy"}) if next(fails, False) else echo(asked)

    with exa_server(answer) as fake:
        exa = ExaRetriever(base_url=fake.url, rate=6, backoff=0.001)
        twin = ExaRetriever(base_url=fake.url, rate=6, backoff=0.001, category="news")
        exa.search([str(number) for number in range(7)], 1)
        twin.search([str(number) for number in range(4)], 1)  # one key, one rate
    assert len(times) == 14
    assert times[-1] - times[0] >= 1.9
    assert _most_in_a_second(times) <= 6


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_has_connections_of_its_own():
    with exa_server() as fake:
        exa = ExaRetriever(base_url=fake.url, **QUICK)
        exa.search(["x"], 1)
        child = os.fork()
        if child == 0:
            os._exit(0 if exa.search(["y"], 1).ids == exa_ids("y") else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert exa.search(["z"], 1).ids == exa_ids("z")
