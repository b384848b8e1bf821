from collections import Counter

import pytest
from retriever_contract import DOCUMENTS, QUERIES

from hopgym.core import Document
from hopgym.errors import ConfigError, DataError
from hopgym.retrieval import make_retriever
from hopgym.retrieval.bm25 import BM25Retriever
from hopgym.retrieval.controls import EmptyRetriever, RandomRetriever

TEN = [Document(id, id, "") for id in "abcdefghij"]


# --- empty ------------------------------------------------------------------------------------


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


def test_an_empty_corpus_is_saved_and_loaded(tmp_path):
    EmptyRetriever([]).save(tmp_path / "index")
    loaded = make_retriever(tmp_path / "index")
    assert type(loaded) is EmptyRetriever
    BM25Retriever(TEN).save(tmp_path / "bm25")
    with pytest.raises(DataError, match="is an index of the retriever 'bm25', not 'empty'"):
        EmptyRetriever.load(tmp_path / "bm25")


# --- random -----------------------------------------------------------------------------------


def test_each_document_is_found_equally_often():
    retriever = RandomRetriever(TEN)
    hits = retriever.search([f"query {n}" for n in range(2000)], k=3)
    for rank in range(3):
        found = Counter(row[rank] for row in hits.ids)
        assert len(found) == 10
        assert all(140 < count < 260 for count in found.values())  # 200, more than 4 deviations


def test_a_query_is_answered_the_same_whatever_stands_beside_it():
    retriever = RandomRetriever(TEN)
    assert retriever.search(["x", "ada"], k=9)[1] == retriever.search(["ada"], k=9)[0]
    assert retriever.search(["ada"], k=9).ids != retriever.search(["bob"], k=9).ids


def test_all_documents_are_a_shuffle():
    (row,) = RandomRetriever(TEN).search(["ada"], k=99).ids
    assert sorted(row) == list("abcdefghij")
    assert row != sorted(row)


def test_another_seed_finds_others():
    one, two = (RandomRetriever(DOCUMENTS, seed=seed) for seed in (1, 2))
    assert one.search(QUERIES, k=5) != two.search(QUERIES, k=5)
    assert one.fingerprint != two.fingerprint
    assert make_retriever("random?seed=2", DOCUMENTS).fingerprint == two.fingerprint
    assert repr(two) == f"RandomRetriever({len(DOCUMENTS)} documents, seed=2)"


def test_a_saved_one_draws_the_same(tmp_path):
    built = RandomRetriever(DOCUMENTS, seed=7)
    built.save(tmp_path / "index")
    loaded = make_retriever(tmp_path / "index")
    assert loaded.search(QUERIES, k=9) == built.search(QUERIES, k=9)


@pytest.mark.parametrize("seed", [-1, 1.5, "x", True])
def test_a_bad_seed_is_refused(seed):
    with pytest.raises(ConfigError, match=r"seed is .*; give a whole number from 0"):
        RandomRetriever(TEN, seed=seed)


def test_no_documents_are_refused():
    with pytest.raises(DataError, match=r'no documents to draw from\. Give some, or retriever="em'):
        RandomRetriever([])
