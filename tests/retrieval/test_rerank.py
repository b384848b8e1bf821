import json

import pytest
from retriever_contract import DOCUMENTS, QUERIES

from hopgym.core import Document
from hopgym.errors import ConfigError, DataError, RetrievalError, UnknownNameError
from hopgym.retrieval import make_retriever
from hopgym.retrieval.base import Hits
from hopgym.retrieval.bm25 import BM25Retriever
from hopgym.retrieval.rerank import RerankRetriever
from hopgym.retrieval.rerankers import RERANKERS, LexicalReranker

RERANK = RerankRetriever(DOCUMENTS)
BM25 = BM25Retriever(DOCUMENTS)


class ById:
    """The later an id, the better; it remembers its batches."""

    fingerprint = "by id"

    def __init__(self):
        self.batches = []

    def score(self, pairs):
        self.batches.append(len(pairs))
        return [sum(map(ord, document.id)) for _, document in pairs]


def test_rows_are_the_bases_in_another_order():
    reranked = RerankRetriever(DOCUMENTS, depth=9)
    hits = reranked.search(QUERIES, k=9)
    found = BM25.search(QUERIES, k=9)
    for n, query in enumerate(QUERIES):
        assert sorted(hits.ids[n]) == sorted(found.ids[n])
        scores = LexicalReranker().score([(query, document) for document in hits.documents[n]])
        assert hits.scores[n] == scores
    assert hits.ids != found.ids


def test_each_hit_keeps_where_it_stood_before():
    """Users of FlashRAG ask for the ranks before and after reranking (issue 105)."""
    hits = RERANK.search(["river king"], k=6)
    found = BM25.search(["river king"], k=50)
    for document, parts in zip(hits.documents[0], hits.components[0], strict=True):
        before = found.ids[0].index(document.id)
        assert parts == {"base": found.scores[0][before], "before": before + 1}
    assert [parts["before"] for parts in hits.components[0]] != [1, 2, 3, 4, 5, 6]


def test_only_the_best_of_the_base_are_looked_at():
    shallow = RerankRetriever(DOCUMENTS, depth=3)
    hits = shallow.search(["film"], k=20)
    assert sorted(hits.ids[0]) == sorted(BM25.search(["film"], k=3).ids[0])


def test_ties_fall_by_id():
    class Same(ById):
        def score(self, pairs):
            return [0.5] * len(pairs)

    hits = RerankRetriever(DOCUMENTS, reranker=Same()).search(["river film"], k=50)
    assert hits.ids[0] == sorted(hits.ids[0])


def test_each_query_is_a_batch_of_its_own_and_asked_once():
    """A model's digits depend on what else is in a batch: neighbours must not change an answer."""
    own = ById()
    retriever = RerankRetriever(DOCUMENTS[:40], reranker=own, depth=4)  # without the copies
    retriever.search(["ada", "film", "ada", "zzz"], k=2)
    assert own.batches == [4, 4]


def test_titles_with_brackets_are_no_trouble():
    """Search-R1's rerank server reads titles with a regex that breaks on them."""
    documents = [
        Document("a", 'Vel ("(film)")', "of 1999"),
        Document("b", "Vel", "(Title: odd) of 1999"),
    ]
    hits = RerankRetriever(documents).search(["Vel (film)"], k=2)
    assert hits.ids == [["a", "b"]]
    assert hits.documents[0] == documents


def test_a_reranker_of_ones_own():
    hits = RerankRetriever(DOCUMENTS, reranker=ById()).search(["ada"], k=3)
    assert hits.scores[0] == sorted(hits.scores[0], reverse=True)


def test_options_stand_in_the_name():
    made = make_retriever("rerank?base=tfidf&reranker=lexical&depth=7", DOCUMENTS)
    same = RerankRetriever(DOCUMENTS, base="tfidf", depth=7)
    assert made.fingerprint == same.fingerprint
    assert made.search(QUERIES, k=5) == same.search(QUERIES, k=5)


def test_the_fingerprint_names_every_setting():
    keywords = [{}, {"base": "tfidf"}, {"reranker": ById()}, {"depth": 7}]
    made = {RerankRetriever(DOCUMENTS, **k).fingerprint for k in keywords}
    assert len(made) == len(keywords)
    assert (
        repr(RERANK) == f"RerankRetriever({RERANK.base!r}, LexicalReranker(), {RERANK.fingerprint})"
    )


def test_a_part_that_fails_fails_the_search():
    class Broken(ById):
        def score(self, pairs):
            raise RetrievalError("out of reach")

    class Base:
        fingerprint = "base"

        def search(self, queries, k):
            return Hits([[]], [[]])

    with pytest.raises(RetrievalError, match="out of reach"):
        RerankRetriever(DOCUMENTS, reranker=Broken()).search(["ada"], k=3)
    with pytest.raises(RetrievalError, match="'base' gave 1 rows for 2 queries"):
        RerankRetriever([], base=Base()).search(["ada", "bob"], k=3)


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"depth": 0}, ConfigError, "depth is 0; give a whole number from 1"),
        ({"reranker": "lexcal"}, UnknownNameError, "'lexcal'. Did you mean 'lexical'"),
        ({"reranker": 5}, ConfigError, "5 is no reranker"),
        ({"base": "bm52"}, UnknownNameError, "'bm52'. Did you mean 'bm25'"),
    ],
)
def test_bad_parameters_are_refused(keywords, error, message):
    with pytest.raises(error, match=message):
        RerankRetriever(DOCUMENTS, **keywords)


# --- saving -----------------------------------------------------------------------------------


@pytest.mark.parametrize("base", ["tfidf", 'hybrid?children=["bm25","tfidf"]'])
def test_a_saved_one_opens_by_its_folder(tmp_path, base):
    built = RerankRetriever(DOCUMENTS, base=base, depth=8)
    built.save(tmp_path / "index")
    loaded = make_retriever(tmp_path / "index")
    assert type(loaded) is RerankRetriever
    assert loaded.search(QUERIES, k=9) == built.search(QUERIES, k=9)
    assert list(loaded.documents) == list(built.documents)


def test_a_reranker_without_a_name_cannot_be_saved(tmp_path):
    retriever = RerankRetriever(DOCUMENTS, reranker=ById())
    with pytest.raises(ConfigError, match="has no registered name, so no folder can hold it"):
        retriever.save(tmp_path / "index")
    RERANKERS.register("by_id", "By id.", ById)
    try:
        RerankRetriever(DOCUMENTS, reranker="by_id").save(tmp_path / "index")
        loaded = make_retriever(tmp_path / "index")
    finally:
        RERANKERS._factories.pop("by_id")
    assert loaded.search(QUERIES, k=4) == retriever.search(QUERIES, k=4)


def changed(folder, **settings):
    RERANK.save(folder)
    content = json.loads((folder / "manifest.json").read_text())
    content["settings"].update(settings)
    (folder / "manifest.json").write_text(json.dumps(content))
    return folder


def test_a_file_chooses_no_code_that_runs(tmp_path):
    (tmp_path / "mine.py").write_text("raise SystemExit('ran')")
    folder = changed(tmp_path / "index", reranker=f"{tmp_path}/mine.py:Own")
    with pytest.raises(DataError, match=r"name a reranker that is not registered here: .*mine"):
        RerankRetriever.load(folder)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"depth": 0}, "its settings are damaged"),
        ({"depth": "x"}, "its settings are damaged"),
        ({"reranker": "lexcal"}, "its settings are damaged"),
        ({"reranker": None}, "its settings are damaged"),
        ({"depth": 3}, "a part of this index was replaced"),
    ],
)
def test_changed_settings_are_refused(tmp_path, settings, message):
    with pytest.raises(DataError, match=message):
        RerankRetriever.load(changed(tmp_path / "index", **settings))
