import pytest

from hopgym.errors import ConfigError
from hopgym.retrieval.server.guard import LOCAL_NAMES, Guard, check_open, is_this_machine


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "127.0.0.1:8000"},
        {"host": "localhost"},
        {"host": "[::1]:8000"},
        {"host": "LOCALHOST:1", "origin": "http://localhost:3000"},
    ],
)
def test_programs_of_this_machine_are_let_in(headers):
    assert Guard(None, LOCAL_NAMES).refusal(headers) is None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": ""},
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example:8000"},
        {"host": "evil.example@127.0.0.1.evil.example"},
        {"host": "[::1"},
        {"host": "127.0.0.1", "origin": "http://evil.example"},
        {"host": "127.0.0.1", "origin": "null"},
        {"host": "127.0.0.1", "origin": ""},
    ],
)
def test_a_page_with_a_name_of_its_own_is_not(headers):
    """A browser of this machine can reach 127.0.0.1 for a page from anywhere."""
    refused = Guard(None, LOCAL_NAMES).refusal(headers)
    assert refused.status == 403 and "ask it as 127.0.0.1" in refused.detail


def test_a_token_counts_more_than_a_name():
    guard = Guard("s3cret", LOCAL_NAMES)
    assert guard.refusal({"host": "any", "authorization": "Bearer s3cret"}) is None
    refused = guard.refusal({"host": "127.0.0.1"})
    assert refused.status == 401 and "s3cret" not in repr(refused)


def test_without_names_any_will_do():
    assert Guard().refusal({"host": "any"}) is None


@pytest.mark.parametrize("token", ["", " ", "tökén", "a\nb"])
def test_a_token_that_no_header_can_hold_is_refused(token):
    with pytest.raises(ConfigError, match="token is empty or has characters"):
        Guard(token)


@pytest.mark.parametrize(
    ("host", "local"),
    [
        *((host, True) for host in ("127.0.0.1", "127.8.8.8", "::1", "localhost")),
        *((host, False) for host in ("0.0.0.0", "::", "10.0.0.7", "", "host")),
    ],
)
def test_who_can_reach_an_address(host, local):
    assert is_this_machine(host) is local
    if local:
        check_open(host, None, False)
    else:
        with pytest.raises(ConfigError, match=r"lets other machines in.*--token-env.*--anyone"):
            check_open(host, None, False)
    check_open(host, "s3cret", False)
    check_open(host, None, True)
