import time
from email.utils import formatdate

import pytest

from hopgym.errors import ConfigError, RetrievalError
from hopgym.retrieval.backoff import Backoff, GaveUpError, TemporaryError, retry_after


class Calls:
    """Fails so many times, and notes the waits in between."""

    def __init__(self, failures, after=None):
        self.left, self.after, self.made, self.waits = failures, after, 0, []

    def __call__(self):
        self.made += 1
        if self.made <= self.left:
            raise TemporaryError("Busy.", self.after)
        return "found"


def test_it_succeeds_at_last_and_waits_longer_each_time():
    calls = Calls(failures=3)
    backoff = Backoff(retries=3, first=1.0, sleep=calls.waits.append)
    assert backoff.run(calls) == "found"
    assert calls.made == 4
    for wait, whole in zip(calls.waits, [1, 2, 4], strict=True):
        assert whole / 2 <= wait <= whole


def test_waits_are_jittered():
    assert len({Backoff(first=1.0).wait(0) for _ in range(20)}) > 10


def test_it_gives_up_and_says_after_how_many():
    calls = Calls(failures=9)
    with pytest.raises(GaveUpError, match=r"Busy\. Gave up after 3 tries\."):
        Backoff(retries=2, sleep=calls.waits.append).run(calls)
    assert calls.made == 3 and len(calls.waits) == 2
    with pytest.raises(GaveUpError, match="after 1 try"):
        Backoff(retries=0).run(Calls(failures=1))


def test_what_the_server_asks_for_is_honoured():
    calls = Calls(failures=1, after=7.0)
    assert Backoff(first=0.1, sleep=calls.waits.append).run(calls) == "found"
    assert calls.waits[0] >= 7.0


def test_a_server_that_asks_for_too_much_has_failed():
    calls = Calls(failures=1, after=3600.0)
    with pytest.raises(GaveUpError, match="after 1 try"):
        Backoff(sleep=calls.waits.append).run(calls)
    assert not calls.waits


def test_another_failure_is_not_repeated():
    made = []

    def refused():
        made.append(1)
        raise RetrievalError("No.")

    with pytest.raises(RetrievalError, match=r"^No\.$"):
        Backoff().run(refused)
    assert len(made) == 1


def test_the_longest_wait_bounds_all():
    assert Backoff(first=1.0, longest=3.0).wait(50) <= 3.0


@pytest.mark.parametrize("options", [{"retries": -1}, {"retries": 1.5}, {"first": -1.0}])
def test_impossible_numbers_are_refused(options):
    with pytest.raises(ConfigError, match="give"):
        Backoff(**options)


def test_retry_after_as_seconds_or_as_a_date():
    assert retry_after("1.5") == 1.5
    assert 50 < retry_after(formatdate(time.time() + 60, usegmt=True)) <= 60
    assert retry_after("-3") == 0
    now = formatdate(time.time() - 3600, usegmt=True)  # the server's clock, or ours, is wrong
    later = formatdate(time.time() - 3595, usegmt=True)
    assert retry_after(later, sent=now) == 5
    assert 50 < retry_after(formatdate(time.time() + 60, usegmt=True), sent="once") <= 60
    for nothing in (None, "", "soon", "nan", "inf"):
        assert retry_after(nothing) is None
