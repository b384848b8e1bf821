import pytest

from hopgym.rewards.judges.budget import Budget, Usage
from hopgym.rewards.judges.failures import UnjudgedError


def test_no_call_is_made_beyond_the_budget():
    budget = Budget(max_calls=2)
    budget.call(again=False)
    budget.call(again=True)
    with pytest.raises(UnjudgedError, match=r"^budget: all 2 calls are spent \(max_calls\)"):
        budget.call(again=False)
    assert budget.so_far() == Usage(calls=2, retries=1)


def test_no_call_is_made_once_the_tokens_are_spent():
    budget = Budget(max_tokens=100)
    budget.call(again=False)
    budget.tokens(80, 19)
    budget.call(again=False)
    budget.tokens(80, 20)
    assert budget.usage.tokens == 199
    with pytest.raises(UnjudgedError, match="budget: all 100 tokens"):
        budget.call(again=False)


def test_a_budget_of_nothing_allows_nothing():
    with pytest.raises(UnjudgedError, match="budget"):
        Budget(max_calls=0).call(again=False)


def test_without_limits_nothing_ends():
    budget = Budget()
    for _ in range(1000):
        budget.call(again=False)
        budget.tokens(10**9, 10**9)
    assert budget.usage.calls == 1000


def test_what_was_told_does_not_change():
    budget = Budget()
    before = budget.so_far()
    budget.claims(5, cached=2, unscored=1)
    assert before == Usage()
    assert budget.so_far() == Usage(claims=5, cached=2, unscored=1)
