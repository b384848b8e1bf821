import pytest
from servers import fake_server

from hopgym.errors import RetrievalError
from hopgym.retrieval.backoff import TemporaryError
from hopgym.retrieval.qdrant_calls import IN_MEMORY, connected, status_of, translated
from hopgym.retrieval.remote import Secret

pytest.importorskip("qdrant_client")
httpx = pytest.importorskip("httpx")

URL = "http://127.0.0.1:6333"
OPEN = Secret(None)


def refusal(status, content=b"said", headers=None):
    from qdrant_client.http.exceptions import UnexpectedResponse

    return UnexpectedResponse(status, "", content, httpx.Headers(headers or {}))


def unread(source):
    from qdrant_client.http.exceptions import ResponseHandlingException

    return ResponseHandlingException(source)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_may_pass_is_temporary(status):
    error = translated(URL, OPEN, refusal(status, headers={"Retry-After": "7"}))
    assert isinstance(error, TemporaryError)
    assert error.after == 7
    assert f"Qdrant at {URL} answered {status}: 'said'." in str(error)


@pytest.mark.parametrize(
    ("status", "cure"),
    [(400, "Check the url"), (401, "api_key_env"), (403, "the right"), (404, "the collection")],
)
def test_what_stays_says_what_to_do(status, cure):
    error = translated(URL, OPEN, refusal(status))
    assert type(error) is RetrievalError
    assert cure in str(error)


@pytest.mark.parametrize(
    "source",
    [httpx.ConnectError("refused"), httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("cut")],
)
def test_no_answer_is_temporary(source):
    error = translated(URL, OPEN, unread(source))
    assert isinstance(error, TemporaryError)
    assert "did not answer" in str(error)
    assert "Start it, or check the url" in str(error)


def test_too_many_requests_wait_as_long_as_asked():
    from qdrant_client.common.client_exceptions import ResourceExhaustedResponse

    error = translated(URL, OPEN, ResourceExhaustedResponse("slow down", 3))
    assert isinstance(error, TemporaryError)
    assert error.after == 3


@pytest.mark.parametrize("source", [unread(ValueError("odd")), ValueError("odd"), KeyError("odd")])
def test_anything_else_cannot_be_read(source):
    error = translated(URL, OPEN, source)
    assert type(error) is RetrievalError
    assert "cannot be read" in str(error)
    assert "odd" in str(error)


def test_a_key_that_the_server_repeats_is_left_out(monkeypatch):
    monkeypatch.setenv("QDRANT_KEY", "k3y")
    secret = Secret("QDRANT_KEY")
    for error in (refusal(401, b"not k3y"), unread(ValueError("k3y")), refusal(500, b"k3y k3y")):
        message = str(translated(URL, secret, error))
        assert "k3y" not in message
        assert "***" in message


def test_long_and_binary_bodies_are_cut():
    message = str(translated(URL, OPEN, refusal(500, b"\xff" * 100_000)))
    assert len(message) < 500


def test_only_a_refusal_has_a_status():
    assert status_of(refusal(409)) == 409
    assert status_of(ValueError()) is None


def test_connecting_asks_nothing_and_prints_nothing(capfd, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")  # which would lead away
    with fake_server(lambda _: (200, {"result": {"exists": True}, "status": "ok"})) as fake:
        client = connected(fake.url, OPEN, 5.0)
        assert not fake.asked
        assert client.collection_exists("x")
        assert capfd.readouterr() == ("", "")  # before the fake goes, and complains of it


@pytest.mark.parametrize(("url", "expected"), [("http://host", 80), ("http://host:99", 99)])
def test_the_port_is_the_urls(url, expected):
    uri = connected(url, OPEN, 5.0)._client.rest_uri
    assert httpx.URL(uri).port in ({expected} if expected != 80 else {None})


def test_in_memory():
    assert not connected(IN_MEMORY, OPEN, 5.0).collection_exists("x")
