import os
import pickle
from functools import partial

import pytest

from hopgym.errors import ConfigError, RetrievalError
from hopgym.retrieval.backoff import TemporaryError
from hopgym.retrieval.remote import (
    Caller,
    PerProcess,
    Secret,
    check_numbers,
    check_url,
    is_local,
)


def translated(error):
    if isinstance(error, OSError):
        return TemporaryError("It did not answer.")
    return RetrievalError(f"It said {error!r}.")


def caller(**options):
    given = {"retries": 2, "backoff": 0, "failures": 2, "pause": 60, **options}
    return Caller("The index", translated, **given)


class Replies:
    """A call that gives or raises one reply after the other."""

    def __init__(self, *replies):
        self.replies, self.calls = list(replies), 0

    def __call__(self, *arguments, **keywords):
        self.calls += 1
        reply = self.replies.pop(0) if self.replies else OSError("down")
        if isinstance(reply, Exception):
            raise reply
        return reply, arguments, keywords


def test_a_secret_is_read_late_and_held_nowhere(monkeypatch):
    monkeypatch.setenv("MY_TOKEN", " s3cret ")
    secret = Secret("MY_TOKEN")
    assert secret.read() == "s3cret"
    assert "s3cret" not in repr(vars(secret)) + str(pickle.dumps(secret))
    monkeypatch.setenv("MY_TOKEN", "newer")
    assert pickle.loads(pickle.dumps(secret)).read() == "newer"
    assert Secret(None).read() is None


@pytest.mark.parametrize("value", ["", "  ", "tökén-s3cret", "a\ns3cret"])
def test_a_token_that_no_header_can_hold_is_refused_and_not_shown(monkeypatch, value):
    monkeypatch.setenv("MY_TOKEN", value)
    with pytest.raises(
        ConfigError, match=r"'MY_TOKEN' holds no token.*leave api_key_env"
    ) as caught:
        Secret("MY_TOKEN", "api_key_env")
    assert "s3cret" not in str(caught.value)


def test_connections_are_made_once_in_a_process_and_anew_in_another(monkeypatch):
    made = []

    def make():
        made.append(object())
        return made[-1]

    each = PerProcess(make)
    assert each.get() is each.get() and len(made) == 1
    monkeypatch.setattr(os, "getpid", lambda: -1)  # as after a fork
    assert each.get() is each.get() and len(made) == 2


def test_connections_do_not_travel():
    each = PerProcess(partial(list, "ab"))
    each.get().append("c")
    assert pickle.loads(pickle.dumps(each)).get() == ["a", "b"]


def test_a_call_is_repeated_until_it_answers():
    replies = Replies(OSError("down"), OSError("down"), "found")
    assert caller()(replies, 1, two=2) == ("found", (1,), {"two": 2})
    assert replies.calls == 3


def test_what_will_not_pass_is_not_repeated():
    replies = Replies(KeyError("x"))
    with pytest.raises(RetrievalError, match=r"It said KeyError\('x'\)"):
        caller()(replies)
    assert replies.calls == 1


def test_our_own_errors_pass_as_they_are():
    with pytest.raises(ConfigError, match=r"^k is odd$"):
        caller()(Replies(ConfigError("k is odd")))


def test_whoever_keeps_failing_is_left_alone():
    call, replies = caller(), Replies()
    for _ in range(2):
        with pytest.raises(RetrievalError, match=r"did not answer\. Gave up after 3 tries"):
            call(replies)
    assert replies.calls == 6
    with pytest.raises(RetrievalError, match=r"The index failed .* is left alone for another"):
        call(replies)
    assert replies.calls == 6


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://localhost/x", True),
        ("http://[::1]:8000", True),
        ("http://127.0.0.1.example.org", False),
        ("http://10.0.0.7", False),
    ],
)
def test_this_machine_is_known(url, local):
    assert is_local(url) is local


@pytest.mark.parametrize(
    "url", ["", "host", "ftp://host", "http://", "http://h:0", "http://h:x", "http://[", None, 80]
)
def test_what_is_no_url_is_refused(url):
    with pytest.raises(ConfigError, match=r"url is .*; give one such as http://a:1\."):
        check_url(url, "http://a:1")


def test_a_password_in_a_url_is_refused_and_not_shown():
    with pytest.raises(ConfigError, match="put a token into a variable") as caught:
        check_url("http://me:s3cret@host", "http://a:1")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("whole", "seconds", "message"),
    [
        ({"batch": 0}, {}, "batch is 0; give a whole number from 1"),
        ({"batch": True}, {}, "batch is True"),
        ({"batch": "8"}, {}, "batch is '8'"),
        ({}, {"timeout": 0}, r"timeout is 0; give seconds from 0\.001"),
        ({}, {"pause": -1}, "pause is -1; give seconds from 0"),
        ({}, {"pause": float("nan")}, "pause is nan"),
        ({}, {"pause": float("inf")}, "pause is inf"),
    ],
)
def test_numbers_out_of_range_are_refused(whole, seconds, message):
    with pytest.raises(ConfigError, match=message):
        check_numbers(whole, seconds)
    check_numbers({"batch": 1}, {"pause": 0, "timeout": 0.5})
