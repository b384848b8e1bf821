import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hopgym.core import to_json
from hopgym.errors import ConfigError
from hopgym.retrieval.paired import Difference, paired_bootstrap
from hopgym.seeding import rng_for


def values(sample):
    return {f"q{n}": float(value) for n, value in enumerate(sample)}


def test_a_clear_difference():
    rng = rng_for(0, "paired test")
    theirs = rng.random(400)
    ours = theirs + 0.1 + rng.normal(0, 0.2, 400)
    found = paired_bootstrap(values(ours), values(theirs))
    assert found.mean == pytest.approx(np.mean(ours - theirs))
    assert found.low < found.mean < found.high
    assert found.low > 0
    assert found.p_value < 0.001
    assert found.n == 400


def test_the_interval_is_that_of_scipy():
    stats = pytest.importorskip("scipy.stats")
    rng = rng_for(1, "paired test")
    differences = rng.exponential(1, 150) - 0.8
    found = paired_bootstrap(values(differences), values(np.zeros(150)))
    theirs = stats.bootstrap(
        (differences,), np.mean, method="percentile", rng=rng, n_resamples=9_999
    ).confidence_interval
    assert found.low == pytest.approx(theirs.low, abs=0.01)
    assert found.high == pytest.approx(theirs.high, abs=0.01)
    # with 150 questions it comes near the t test
    assert found.p_value == pytest.approx(stats.ttest_1samp(differences, 0).pvalue, abs=0.03)


def test_under_the_null_hypothesis_one_in_twenty_is_significant():
    rng = rng_for(2, "paired test")
    p_values = [
        paired_bootstrap(values(rng.normal(size=60)), values(np.zeros(60)), n).p_value
        for n in range(200)
    ]
    assert 0.02 <= np.mean(np.array(p_values) < 0.05) <= 0.10


def test_it_can_be_written_as_json():
    found = paired_bootstrap(values([0.5, 1.0]), values([0.0, 0.25]))
    assert json.loads(to_json(found)) == list(found)


def test_equal_systems_do_not_differ():
    same = values([0.5, 1.0, 0.0])
    assert paired_bootstrap(same, same) == Difference(0.0, 0.0, 0.0, 1.0, 3)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=30))
def test_turned_round_it_says_the_opposite(pairs):
    ours, theirs = values([a for a, _ in pairs]), values([b for _, b in pairs])
    one, other = paired_bootstrap(ours, theirs), paired_bootstrap(theirs, ours)
    assert one.mean == pytest.approx(-other.mean)
    assert one.low == pytest.approx(-other.high)
    assert one.p_value == pytest.approx(other.p_value)
    assert 0 < one.p_value <= 1


def test_the_order_of_the_questions_does_not_matter():
    ours, theirs = values([0.1, 0.9, 0.4, 0.3]), values([0.0, 1.0, 0.2, 0.1])
    turned = dict(reversed(ours.items()))
    assert paired_bootstrap(ours, theirs, "x") == paired_bootstrap(turned, theirs, "x")
    assert paired_bootstrap(ours, theirs, "x") != paired_bootstrap(ours, theirs, "y")


def test_many_questions_fit_in_memory():
    rng = rng_for(3, "paired test")
    found = paired_bootstrap(values(rng.random(3_000)), values(np.full(3_000, 0.5)))
    assert found.high - found.low == pytest.approx(2 * 1.96 * 0.2887 / 3_000**0.5, rel=0.05)


def test_other_questions_are_refused():
    with pytest.raises(ConfigError, match="2 and 1, and only one has 'q1'"):
        paired_bootstrap(values([1, 2]), values([1]))
    with pytest.raises(ConfigError, match="There are no questions to compare over"):
        paired_bootstrap({}, {})


def test_values_that_are_not_by_question_are_refused():
    with pytest.raises(ConfigError, match="The values are a list; give a mapping from question id"):
        paired_bootstrap([1, 2], [1])
    with pytest.raises(ConfigError, match="The values are a tuple"):
        paired_bootstrap(values([1]), (1,))
