import math

import numpy as np
import pytest

from hopgym.core import Document
from hopgym.errors import ConfigError, RetrievalError
from hopgym.retrieval.rerankers import LexicalReranker, Reranker
from hopgym.retrieval.rerankers.base import scored

A, B, COPY = Document("a", "T", "x"), Document("b", "T", "y"), Document("c", "T", "x", "News")


class Own:
    """Gives what it was told to, and remembers what it was asked."""

    fingerprint = "own"

    def __init__(self, *scores):
        self.scores, self.asked = scores, []

    def score(self, pairs):
        self.asked += pairs
        return self.scores


def test_the_protocol_knows_a_reranker():
    assert isinstance(LexicalReranker(), Reranker)
    assert isinstance(Own(), Reranker)
    assert not isinstance(object(), Reranker)


@pytest.mark.parametrize("kind", [list, tuple, np.array, lambda s: np.array(s, dtype=np.float32)])
def test_scores_of_any_kind_become_numbers(kind):
    class Kind(Own):
        def score(self, pairs):
            return kind([0.5, 2])

    scores = scored(Kind(), [("q", A), ("q", B)])
    assert scores == [0.5, 2.0]
    assert all(type(score) is float for score in scores)


def test_copies_are_looked_at_once_and_tie():
    """A model's last digits depend on a pair's place in the batch."""
    own = Own(0.5, 0.25, 0.75)
    assert scored(own, [("q", A), ("q", B), ("q", COPY), ("p", A)]) == [0.5, 0.25, 0.5, 0.75]
    assert own.asked == [("q", A), ("q", B), ("p", A)]


def test_nothing_is_not_asked():
    own = Own()
    assert scored(own, []) == []
    assert own.asked == []


@pytest.mark.parametrize("scores", [[1.0], [1, 2, 3], [[1], [2]], [1, math.nan], [1, math.inf]])
def test_scores_that_do_not_fit_are_refused(scores):
    with pytest.raises(RetrievalError, match=r"gave scores of shape .* for 2 pairs, or some that"):
        scored(Own(*scores), [("q", A), ("q", B)])


def test_a_failure_is_an_error_that_names_the_reranker():
    class Broken(Own):
        def __init__(self, error):
            self.error = error

        def score(self, pairs):
            raise self.error

        def __repr__(self):
            return "Broken()"

    with pytest.raises(RetrievalError, match=r"Broken\(\) failed on 1 pairs \(KeyError: 'x'\)"):
        scored(Broken(KeyError("x")), [("q", A)])
    with pytest.raises(ConfigError, match="our own"):
        scored(Broken(ConfigError("our own")), [("q", A)])
    with pytest.raises(RetrievalError, match="ValueError: could not convert string"):
        scored(Own("high"), [("q", A)])
