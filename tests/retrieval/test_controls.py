import pytest

from hopgym.core import Document
from hopgym.errors import ConfigError
from hopgym.retrieval.controls import EmptyRetriever


def test_nothing_is_ever_found():
    retriever = EmptyRetriever([Document("a", "Ada", "Ada")])
    hits = retriever.search(["Ada", "", "x" * 10_000], k=3)
    assert hits.ids == [[], [], []]
    assert list(hits) == [[], [], []]
    assert retriever.fingerprint == "empty"
    assert repr(retriever) == "EmptyRetriever()"


def test_it_keeps_the_contract():
    assert EmptyRetriever().search([], k=1).ids == []
    with pytest.raises(ConfigError, match="k is 0"):
        EmptyRetriever().search(["Ada"], k=0)
    with pytest.raises(ConfigError, match="search in batches"):
        EmptyRetriever().search("Ada", k=1)
