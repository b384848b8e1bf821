import time

import pytest

from hopgym.benchmarks.fleet.service import Service, measure
from hopgym.errors import ConfigError


class Sleeps:
    """Takes 4 ms a search and 0.5 ms a query."""

    fingerprint = "sleeps"

    def search(self, queries, k):
        time.sleep(0.004 + 0.0005 * len(queries))
        return [[] for _ in queries]


def test_a_line_is_fitted_to_what_is_measured():
    service, times = measure(Sleeps(), ["a", "b"], most=32)
    assert list(times) == [1, 4, 16, 64, 256] and service.most == 32
    assert service.fixed == pytest.approx(0.004, rel=0.3)
    assert service.each == pytest.approx(0.0005, rel=0.3)


def test_there_must_be_a_query():
    with pytest.raises(ConfigError, match="There is no query to measure with"):
        measure(Sleeps(), [])


@pytest.mark.parametrize("wrong", [(-1, 1, 1), (0, 0, 1), (1, 1, 0)])
def test_bad_input(wrong):
    with pytest.raises(ConfigError, match="is no service"):
        Service(*wrong)
