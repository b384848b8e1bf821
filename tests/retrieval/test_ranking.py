import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopgym.retrieval.ranking import check_finite, top_k


def by_sorting(scores, k, floor):
    hits = [n for n, score in enumerate(scores) if score > floor]
    return sorted(hits, key=lambda n: (-scores[n], n))[:k]


@given(st.lists(st.integers(0, 4), max_size=40), st.integers(1, 50), st.integers(0, 2))
def test_it_equals_sorting_everything(scores, k, floor):
    array = np.array(scores, dtype=np.float32)
    assert top_k(array, k, floor).tolist() == by_sorting(scores, k, floor)


def test_all_tied_are_taken_in_order():
    assert top_k(np.ones(1000, dtype=np.float32), 3).tolist() == [0, 1, 2]


def test_nothing_above_the_floor():
    assert top_k(np.zeros(5), 3).tolist() == []
    assert top_k(np.zeros(0), 3).tolist() == []


@pytest.mark.parametrize("kind", [np.uint8, np.int64])
def test_numbers_of_numpy(kind):
    assert top_k(np.array([1.0, 3.0, 2.0]), kind(2)).tolist() == [1, 2]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_scores_that_are_not_finite_are_refused(bad):
    """They compare as no score does: what they belong to would just be missing."""
    scores = np.ones(9, dtype=np.float32)
    check_finite(scores)
    check_finite(scores[:0])
    scores[4] = bad
    with pytest.raises(ValueError, match="not finite"):
        check_finite(scores)
