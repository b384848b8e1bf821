import pytest

from hopgym.benchmarks.fuzz import runner
from hopgym.benchmarks.fuzz.runner import MOST_FAILURES, fuzz, load_failure, replay, save_failure
from hopgym.errors import ConfigError, DataError


class Odd:
    """Fails for the numbers that a test says are bad."""

    name = "odd"

    def __init__(self, bad=lambda number: False):
        self.bad = bad

    def make(self, rng):
        return {"number": int(rng.integers(1000)), "text": "\ud800"}

    def check(self, case, rng):
        if self.bad(case["number"]):
            raise ValueError(f"{case['number']} is bad")
        return 2


def test_sound_inputs_are_counted_and_timed():
    found = fuzz(Odd(), 100)
    assert (found.inputs, found.cases, found.failures) == (100, 50, [])
    assert 0 <= found.slowest < 100


def test_a_failure_is_saved_and_replayed(tmp_path):
    target = Odd(lambda number: number % 7 == 0)
    saved = []
    found = fuzz(target, 200, keep=lambda failure: saved.append(save_failure(failure, tmp_path)))
    assert found.failures and "is bad" in found.failures[0].problem
    assert sorted(saved) == sorted(tmp_path.iterdir()) and len(saved) == len(found.failures)
    first = saved[0]
    name, case = load_failure(first)
    assert (name, case) == ("odd", found.failures[0].case)
    assert "is bad" in replay(target, case).problem
    assert replay(Odd(), case) is None


def test_it_stops_where_all_fails():
    assert len(fuzz(Odd(lambda number: True), 10_000).failures) == MOST_FAILURES


def test_what_is_slow_or_hangs_is_a_failure(monkeypatch):
    monkeypatch.setattr(runner, "SLOW", 0.01)
    slow = Odd(lambda number: sum(range(3_000_000)) < 0)
    (failure,) = fuzz(slow, 1).failures
    assert "slow: " in failure.problem and "slow: " in replay(slow, failure.case).problem
    loaded = iter([3_000_000])  # the first time alone
    late = Odd(lambda number: sum(range(next(loaded, 0))) < 0)
    assert replay(late, failure.case) is None
    monkeypatch.setattr(runner, "HANGS", 0.05)

    def hangs(number):
        while True:
            pass

    assert "hangs: broken off after 0.05 s" in fuzz(Odd(hangs), 1).failures[0].problem


def test_what_is_no_failure_s_file_is_told(tmp_path):
    (tmp_path / "x.json").write_text("[1]")
    with pytest.raises(DataError, match=r"x.json: is no failure that `hopgym fuzz` has saved"):
        load_failure(tmp_path / "x.json")
    failures = fuzz(Odd(lambda number: True), 1).failures
    with pytest.raises(ConfigError, match=r"cannot be written .* Choose another folder"):
        save_failure(failures[0], tmp_path / "x.json" / "below")
