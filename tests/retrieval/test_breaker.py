import pickle

import pytest

from hopgym.errors import ConfigError, RetrievalError
from hopgym.retrieval.backoff import GaveUpError
from hopgym.retrieval.breaker import Breaker


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def fail(breaker, error=None):
    with pytest.raises(RetrievalError), breaker.guard():
        raise error or GaveUpError("No reply.")


def calls_pass(breaker):
    try:
        with breaker.guard():
            return True
    except RetrievalError:
        return False


def test_it_opens_after_failures_in_a_row_and_closes_again():
    clock = Clock()
    breaker = Breaker("The index", failures=2, pause=10, clock=clock)
    fail(breaker)
    assert calls_pass(breaker)  # which starts the count anew
    fail(breaker)
    fail(breaker)
    message = r"The index failed \(No reply\.\) and is left alone for another 10\.0 s"
    with pytest.raises(RetrievalError, match=message), breaker.guard():
        raise AssertionError("must not be called")
    clock.now = 10.5
    assert calls_pass(breaker) and calls_pass(breaker)


def test_only_one_call_tries_after_the_pause():
    clock = Clock()
    breaker = Breaker("The index", failures=1, pause=10, clock=clock)
    fail(breaker)
    clock.now = 11
    with breaker.guard():
        assert not calls_pass(breaker)
    assert calls_pass(breaker)


def test_a_failed_try_opens_it_again():
    clock = Clock()
    breaker = Breaker("The index", failures=3, pause=10, clock=clock)
    for _ in range(3):
        fail(breaker)
    clock.now = 11
    fail(breaker)
    clock.now = 20
    assert not calls_pass(breaker)
    clock.now = 22
    assert calls_pass(breaker)


def test_a_refusal_does_not_count():
    breaker = Breaker("The index", failures=1, pause=10)
    fail(breaker, RetrievalError("401"))
    assert calls_pass(breaker)


def test_another_process_sees_for_itself():
    breaker = Breaker("The index", failures=1, pause=10)
    fail(breaker)
    assert calls_pass(pickle.loads(pickle.dumps(breaker)))


@pytest.mark.parametrize("options", [{"failures": 0}, {"pause": -1.0}])
def test_impossible_numbers_are_refused(options):
    with pytest.raises(ConfigError, match="makes no sense"):
        Breaker("The index", **options)
