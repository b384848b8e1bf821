import copy
import math
from fractions import Fraction

import numpy as np
import pytest

from hopgym.core import Document
from hopgym.errors import ConfigError, RetrievalError
from hopgym.retrieval.base import (
    Hits,
    Immutable,
    Retriever,
    check_hits,
    check_k,
    check_number,
    check_queries,
    check_whole,
)
from hopgym.retrieval.controls import EmptyRetriever

ADA, BOB = Document("a", "Ada", ""), Document("b", "Bob", "")


def test_hits_read_by_row():
    hits = Hits([[ADA, BOB], []], [[2.0, 1.0], []])
    assert len(hits) == 2
    assert hits.ids == [["a", "b"], []]
    assert hits[0] == [(ADA, 2.0), (BOB, 1.0)]
    assert list(hits) == [[(ADA, 2.0), (BOB, 1.0)], []]


def test_hits_refuse_rows_of_unequal_length():
    with pytest.raises(ValueError, match="shorter"):
        Hits([[ADA]], [[]])[0]


@pytest.mark.parametrize("k", [1, 7, np.int64(3)])
def test_a_whole_number_from_one_is_a_k(k):
    check_k(k)


@pytest.mark.parametrize("k", [0, -1])
def test_k_below_one_is_refused(k):
    with pytest.raises(ConfigError, match=f"k is {k}; ask for 1 hit or more"):
        check_k(k)


@pytest.mark.parametrize("k", [2.5, "3", None, True])
def test_k_that_is_no_whole_number_is_refused(k):
    with pytest.raises(ConfigError, match="give a whole number"):
        check_k(k)


def test_one_string_is_no_batch():
    with pytest.raises(ConfigError, match=r"one string; search in batches: \['ada'\]"):
        check_queries("ada")


def test_a_query_that_is_no_string_is_named():
    with pytest.raises(ConfigError, match="Query 1 is a int, not a string: 5"):
        check_queries(["ada", 5])


def test_the_protocol_knows_a_retriever():
    assert isinstance(EmptyRetriever(), Retriever)
    assert not isinstance(object(), Retriever)


@pytest.mark.parametrize("value", [0, 0.5, 1, np.float32(0.25), Fraction(1, 3)])
def test_a_number_in_its_range(value):
    check_number("share", value, most=1)


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan, math.inf, "0.5", None, True, [1]])
def test_what_is_no_number_in_its_range_is_refused(value):
    with pytest.raises(ConfigError, match=r"share is .*; give a number from 0 to 1, such as 0\.4"):
        check_number("share", value, most=1, example=0.4)


def test_a_number_without_an_end():
    check_number("weight", 1e300)
    with pytest.raises(ConfigError, match="weight is inf; give a number from 2, such as 3"):
        check_number("weight", math.inf, least=2, example=3)


@pytest.mark.parametrize("value", [0, 2.5, "3", None, True])
def test_a_setting_that_is_no_whole_number_is_refused(value):
    check_whole("depth", 1)
    with pytest.raises(ConfigError, match=r"depth is .*; give a whole number from 1"):
        check_whole("depth", value)


def test_what_never_changes_is_its_own_copy():
    class Index(Immutable):
        pass

    index = Index()
    assert copy.deepcopy([index])[0] is copy.copy(index) is index


def test_hits_that_a_retriever_may_give_pass():
    check_hits(Hits([[ADA, BOB], []], [[2.0, np.float32(1)], []]), ["x", "y"], 2, "own")
    check_hits(Hits([[ADA]], [np.array([-2.0])]), ["x"], 1, "own")
    check_hits(Hits([], []), [], 1, "own")


@pytest.mark.parametrize(
    ("hits", "message"),
    [
        ([[]], r"^The retriever 'own' returned a list; it must return Hits\. Mend that retriever"),
        (Hits([], []), "gave 0 rows for 1 queries"),
        (Hits([[]], []), "1 rows for 1 queries, and 0 of scores"),
        (Hits([[ADA, BOB]], [[1.0, 1.0]]), "gave 2 hits where 1 were asked for"),
        (Hits([[ADA]], [[]]), "gave 0 scores for 1 documents"),
        (Hits([["ada"]], [[1.0]]), r"found a str \('ada'\), and no Document"),
        (Hits([[ADA]], [[math.nan]]), "gave a score that is nan, so its hits have no order"),
        (Hits([[ADA]], [[-math.inf]]), "a score that is -inf"),
        (Hits([[ADA]], [[None]]), "a score that is None"),
        (Hits([[ADA]], [["9"]]), "a score that is '9'"),
    ],
)
def test_hits_that_no_retriever_may_give_are_refused(hits, message):
    with pytest.raises(RetrievalError, match=message):
        check_hits(hits, ["x"], 1, "own")
