import pytest

from hopgym.errors import RewardError
from hopgym.rewards.judges.failures import (
    MAX_DETAIL,
    SetupError,
    TemporaryError,
    UnjudgedError,
    Why,
    refused,
)


@pytest.mark.parametrize(
    ("status", "code", "kind", "why"),
    [
        (429, "", TemporaryError, Why.RATE_LIMIT),
        (429, "insufficient_quota", UnjudgedError, Why.QUOTA),
        (408, "", TemporaryError, Why.SERVER),
        (500, "", TemporaryError, Why.SERVER),
        (503, "", TemporaryError, Why.SERVER),
        (529, "overloaded", TemporaryError, Why.SERVER),
        (400, "content_filter", UnjudgedError, Why.REFUSED),
        (400, "context_length_exceeded", UnjudgedError, Why.REFUSED),
    ],
)
def test_a_refusal_is_typed_by_its_status_and_code(status, code, kind, why):
    error = refused(status, code, "said", url="http://a")
    assert type(error) is kind
    assert error.why is why
    assert str(error).startswith(f"{why}: {status}")


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 405, 422])
def test_what_no_request_will_get_through_is_a_mistake_in_the_set_up(status):
    error = refused(status, "", "said", url="http://a")
    assert isinstance(error, SetupError)
    assert isinstance(error, RewardError)
    assert "http://a" in str(error)
    assert str(status) in str(error)


def test_a_wrong_key_is_never_one_claims_fault():
    assert refused(400, "", "said", url="http://a").maybe_claim
    assert not refused(400, "", "said", url="http://a", wrong_key=True).maybe_claim
    assert not refused(401, "", "said", url="http://a").maybe_claim


def test_what_a_server_says_is_one_short_line():
    error = refused(500, "", "a\nb\x1b" + "x" * 10_000, url="http://a")
    assert str(error).isprintable()
    assert len(error.detail) <= MAX_DETAIL


def test_the_key_is_in_nothing_that_a_server_says():
    for status in (400, 401, 429, 500):
        error = refused(status, "k3y", "Your k3y is wrong.", url="http://a", secret="k3y")
        assert "k3y" not in str(error)
        assert "Your [key] is wrong." in str(error)


@pytest.mark.parametrize(
    ("code", "said", "told"),
    [
        ("x", "nope", "server_error: 500 x: nope"),
        ("500", "nope", "server_error: 500: nope"),
        ("", "", "server_error: 500"),
    ],
)
def test_the_status_is_told_once(code, said, told):
    assert str(refused(500, code, said, url="http://a")) == told


def test_a_mistake_in_the_set_up_and_its_cure_are_two_sentences():
    told = str(refused(404, "", "No such model", url="http://a"))
    assert told == (
        "The judge at http://a answered 404: No such model. Check the model and the base_url."
    )
