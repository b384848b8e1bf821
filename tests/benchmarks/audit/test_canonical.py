import numpy as np
import pytest

from hopgym.benchmarks.audit.canonical import canonical, first_difference, states
from hopgym.core import Fact


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (np.zeros(2, np.int8), np.zeros(2, np.int16)),
        (np.zeros((2, 1)), np.zeros((1, 2))),
        ([1], (1,)),
        (1, 1.0),
        ("a", b"a"),
        (Fact("a", "b", "c"), Fact("a", "b", "d")),
    ],
)
def test_what_differs_differs(left, right):
    assert canonical(left) != canonical(right)


def test_what_is_the_same_is_the_same():
    assert canonical({"b": 1, "a": np.float64(2)}) == canonical({"a": 2.0, "b": 1})
    assert canonical(object()) == canonical(object())
    assert canonical({"x", "y"}) == canonical({"y", "x"})
    objects = np.array([("a", 1), None], dtype=object)
    assert canonical(objects) == canonical(objects.copy())


def test_the_difference_is_shown():
    assert first_difference("ab", "ab12") == "'' and '12'"


def test_answers_are_found_as_words():
    assert states("born in (New-York)", ("new york",))
    assert not states("", ("Lyon",)) and not states("It is so.", ())
