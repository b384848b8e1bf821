from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import msgspec
import pytest

from hopgym.rewards.judges.client import asked_wait, body, count, http_client
from hopgym.rewards.judges.failures import TemporaryError


class Record(msgspec.Struct):
    value: int


def test_a_body_is_read_by_its_record():
    assert body('{"value": 1, "more": 2}', Record) == Record(1)


@pytest.mark.parametrize("text", ["", "{", "<html>", "[]", '{"value": "x"}', "[" * 100_000])
def test_a_body_that_is_no_record_may_be_better_next_time(text):
    with pytest.raises(TemporaryError, match="malformed: the body cannot be read"):
        body(text, Record)


@pytest.mark.parametrize("usage", [None, {}, {"a": None}, {"a": -1}, {"a": "9"}, {"a": True}])
def test_counts_that_make_no_sense_are_none(usage):
    assert count(usage, "a") is None


def test_a_wait_is_seconds_or_a_date():
    assert asked_wait({"retry-after": "7"}) == 7.0
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    assert 25 < asked_wait({"retry-after": date}) <= 30
    assert asked_wait({"retry-after": "soon"}) is None
    assert asked_wait({"retry-after": "7", "retry-after-ms": "250"}) == 0.25


def test_connections_follow_nobody_and_are_bounded():
    client = http_client("http://127.0.0.1:1", 5.0, 3)
    assert not client.follow_redirects
    assert client.timeout.read == 5.0
    assert not client.trust_env
    assert http_client("https://example.org", 5.0, 3).trust_env
