import pytest
from toy import DOCUMENTS, ToyRetriever

from hopgym.errors import ConfigError
from hopgym.retrieval.base import Hits, Retriever, check_k


def test_hits_are_rows_of_documents_and_scores():
    hits = Hits([[DOCUMENTS[0], DOCUMENTS[1]], []], [[2.0, 1.0], []])
    assert hits.ids == [["d1", "d2"], []] and len(hits) == 2
    assert hits[0] == [(DOCUMENTS[0], 2.0), (DOCUMENTS[1], 1.0)]
    assert [len(row) for row in hits] == [2, 0]


def test_a_retriever_is_whatever_searches():
    assert isinstance(ToyRetriever(), Retriever) and not isinstance(object(), Retriever)


def test_k_starts_at_one():
    check_k(1)
    with pytest.raises(ConfigError, match="k is 0; ask for 1 hit or more"):
        check_k(0)
