from math import factorial

import pytest

from hopgym.benchmarks.fleet.theory import repairmen


@pytest.mark.parametrize("workers", [1, 3, 10])
def test_it_is_the_closed_form(workers):
    think, service = 2.0, 0.5
    # P(nobody is served) of M/M/1//N; the server is busy else.
    terms = [
        factorial(workers) / factorial(workers - n) * (service / think) ** n
        for n in range(workers + 1)
    ]
    assert repairmen(workers, think, service) == pytest.approx((1 - 1 / sum(terms)) / service)
