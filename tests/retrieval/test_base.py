import numpy as np
import pytest

from hopgym.core import Document
from hopgym.errors import ConfigError
from hopgym.retrieval.base import Hits, Retriever, check_k, check_queries
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
