import pytest
from retriever_contract import DOCUMENTS, QUERIES

from hopgym import retrieval
from hopgym.benchmarks.retrieval_systems import (
    AT_ONCE,
    SYSTEMS,
    Remembered,
    Shelf,
    make_dense,
)
from hopgym.core import Document
from hopgym.retrieval import Corpus, encoders, make_retriever, shelf
from hopgym.retrieval.encoders import HashingEncoder
from hopgym.retrieval.tfidf import TfidfRetriever

CORPUS = Corpus(DOCUMENTS)


@pytest.mark.parametrize("name", [name for name in SYSTEMS if "dense" not in name])
def test_a_spec_gives_a_user_what_was_measured(name, tmp_path, monkeypatch):
    """Hybrid's specs name the default encoder, which here is the one for tests."""
    monkeypatch.setattr(encoders, "_MADE", {})
    monkeypatch.setattr(retrieval, "_SHELF", shelf.Shelf())
    factories = encoders.ENCODERS._factories
    monkeypatch.setitem(factories, "minilm", factories["hashing"])
    made = Shelf(CORPUS, "hashing", tmp_path)
    ours, theirs = SYSTEMS[name].make(made), make_retriever(SYSTEMS[name].spec, CORPUS)
    assert ours.fingerprint == theirs.fingerprint
    assert ours.search(QUERIES, 5).ids == theirs.search(QUERIES, 5).ids


def test_what_several_need_is_made_once(tmp_path):
    made = Shelf(CORPUS, "hashing", tmp_path)
    assert SYSTEMS["BM25"].make(made) is made.bm25
    assert SYSTEMS["hybrid"].make(made).children["bm25"] is made.bm25
    assert SYSTEMS["hybrid"].make(made).children["dense"] is made.dense
    assert SYSTEMS["link hop on hybrid"].make(made).base is made.hybrid


def test_a_second_run_encodes_nothing(tmp_path, monkeypatch):
    documents = Corpus([Document(str(n), "", f"word{n}") for n in range(AT_ONCE + 10)])
    first = make_dense(documents, "hashing", tmp_path).search(["word3"], 5)
    monkeypatch.setattr(HashingEncoder, "encode_documents", None)
    assert make_dense(documents, "hashing", tmp_path).search(["word3"], 5) == first
    assert first.ids[0][0] == "3"


def test_each_query_is_asked_once_and_answered_alike():
    asked = []

    class Asked(TfidfRetriever):
        def search(self, queries, k):
            asked.append((list(queries), k))
            return super().search(queries, k)

    inner = Asked(CORPUS)
    kept = Remembered(inner, depth=8)
    assert kept.search([QUERIES[0], QUERIES[1], QUERIES[0]], 3).ids == [
        TfidfRetriever(CORPUS).search([query], 3).ids[0]
        for query in (QUERIES[0], QUERIES[1], QUERIES[0])
    ]
    assert kept.search(QUERIES[:3], 8) == TfidfRetriever(CORPUS).search(QUERIES[:3], 8)
    assert asked == [(QUERIES[:2], 8), (QUERIES[2:3], 8)]
    assert kept.search(QUERIES[:1], 9) == inner.search(QUERIES[:1], 9)
    assert kept.fingerprint == inner.fingerprint
