import pytest

from hopgym.errors import ConfigError
from hopgym.retrieval.server.limits import Limits


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_k": 0}, "max_k is 0; give a number from 1"),
        ({"max_batch": -5}, "max_batch is -5"),
        ({"wait_ms": -1}, "wait_ms is -1; give a number from 0"),
        ({"wait_ms": float("nan")}, "wait_ms is nan"),
        ({"workers": float("inf")}, "workers is inf"),
        ({"workers": 1.5}, "workers is 1.5"),
        ({"max_k": "9"}, "max_k is 9"),
        ({"body_seconds": 0}, "body_seconds is 0; give a number from 0.1"),
        ({"max_k": 2}, "default_k 3 is above max_k 2"),
        ({"max_waiting": 10}, "max_waiting 10 is below max_queries 4096.*never be let in"),
    ],
)
def test_impossible_limits_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        Limits(**options)


def test_no_wait_at_all_is_allowed():
    assert Limits(wait_ms=0).wait_ms == 0
