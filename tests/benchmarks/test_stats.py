from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopgym.benchmarks.stats import Interval, by_question, compare, holm, mean_interval
from hopgym.errors import ConfigError


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    rng = np.random.default_rng(5)
    covered = 0
    for trial in range(120):
        interval = mean_interval(rng.binomial(1, 0.3, 60).astype(float), trial, share=True)
        covered += interval.low <= 0.3 <= interval.high
    assert 105 <= covered <= 120  # 95 % of 120 is 114


def test_the_same_path_gives_the_same_interval():
    values = np.random.default_rng(1).random(40).tolist()
    assert mean_interval(values, "em") == mean_interval(values, "em")
    assert mean_interval(values, "em") != mean_interval(values, "f1")


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=30))
def test_an_interval_lies_around_its_mean_within_the_sample(values):
    interval = mean_interval(values, "any")
    assert min(values) - 1e-9 <= interval.low <= interval.high <= max(values) + 1e-9
    assert interval.n == len(values)


@pytest.mark.parametrize(("value", "low", "high"), [(1.0, 0.6915, 1.0), (0.0, 0.0, 0.3085)])
def test_ten_equal_shares_prove_little(value, low, high):
    # Clopper-Pearson: the bound at 0 or n of n is (alpha / 2) ** (1 / n).
    interval = mean_interval([value] * 10, share=True)
    assert interval == pytest.approx((value, low, high, 10), abs=1e-4)


def test_equal_values_that_are_no_shares_have_no_width():
    assert mean_interval([1.0] * 10) == Interval(1.0, 1.0, 1.0, 10)


def test_no_values_have_no_mean():
    with pytest.raises(ConfigError, match="at least one"):
        mean_interval([])


def test_a_clear_difference_is_significant_and_noise_is_not():
    better = {f"q{n}": float(n < 40) for n in range(50)}
    worse = {f"q{n}": float(n < 15) for n in range(50)}
    clear = compare(better, worse)
    assert clear.difference == pytest.approx(0.5) and clear.p_value < 0.001 and clear.n == 50
    near = {**better, "q0": 0.0, "q49": 1.0}
    assert compare(better, near).p_value > 0.5


def test_pairs_count_and_not_the_spread_between_questions():
    # Each question is better by a little; unpaired, the spread would hide it.
    base = {f"q{n}": n / 100 for n in range(100)}
    better = {name: value + 0.01 for name, value in base.items()}
    assert compare(better, base).p_value < 0.001


def test_a_small_sample_is_tested_exactly():
    # 2 ** 4 sign patterns; two of them are as extreme: p = 2 / 16.
    ones = {n: 1.0 for n in "abcd"}
    assert compare(ones, {n: 0.0 for n in "abcd"}).p_value == pytest.approx(2 / 16)


def test_agents_are_compared_on_their_common_questions():
    assert compare({"a": 1.0, "b": 0.5}, {"b": 0.5, "c": 0.0}) == (0.0, 1.0, 1)
    assert compare({"a": 1.0}, {"b": 1.0}) is None


def test_holm_corrects_as_in_his_paper():
    assert holm({"a": 0.01, "b": 0.02, "c": 0.9, "d": 0.04}) == pytest.approx(
        {"a": 0.04, "b": 0.06, "c": 0.9, "d": 0.08}
    )
    assert holm({}) == {}


@given(st.dictionaries(st.text(max_size=3), st.floats(0, 1), max_size=8))
def test_holm_only_raises_and_keeps_the_order(p_values):
    corrected = holm(p_values)
    assert list(corrected) == list(p_values)
    assert all(p_values[k] <= corrected[k] <= 1 for k in p_values)
    ranked = sorted(p_values, key=p_values.get)
    assert all(corrected[a] <= corrected[b] for a, b in pairwise(ranked))


def test_seeds_of_a_question_are_one_sample():
    assert by_question([("a", 1.0), ("a", 0.0), ("b", 1.0)]) == {"a": 0.5, "b": 1.0}


def test_one_common_question_is_no_proof():
    assert compare({"a": 1.0}, {"a": 0.0}) == (1.0, 1.0, 1)


@pytest.mark.parametrize("n", [1, 4, 400])
def test_equal_shares_between_0_and_1_have_a_width(n):
    # Hoeffding: sqrt(ln(2 / 0.05) / (2 n)) to both sides, and never outside 0 to 1.
    reach = (3.6888794541139363 / (2 * n)) ** 0.5
    expected = (0.5, max(0.0, 0.5 - reach), min(1.0, 0.5 + reach), n)
    assert mean_interval([0.5] * n, share=True) == pytest.approx(expected)


@pytest.mark.parametrize("values", [[0.0, 1.0], [0.4, 0.6], [0.0, 0.0, 1.0]])
def test_small_samples_have_finite_intervals(values):
    interval = mean_interval(values, share=True)
    assert 0 <= interval.low < interval.mean < interval.high <= 1
