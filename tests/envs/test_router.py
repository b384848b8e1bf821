import pytest
from sources import Source, three_sources

from hopgym.core import Document
from hopgym.envs.asking import SourceQuery
from hopgym.envs.router import TOOLS, Router
from hopgym.errors import ConfigError
from hopgym.retrieval import make_retriever
from hopgym.retrieval.base import Retriever

DOCUMENTS = (
    Document("g", "Vel", "Vel is a film.", source="General"),
    Document("n", "Vel today", "Vel is shown again.", source="News"),
)


def ask(router, *pairs, k=3):
    queries = [SourceQuery(text, source, chr(65 + n)) for n, (text, source) in enumerate(pairs)]
    return router.search_each(queries, k)


def ids(row):
    return [document.id for document, _ in row]


def test_each_query_goes_to_its_source():
    router = Router("bm25", DOCUMENTS)
    general, news = ask(router, ("Vel", "General"), ("Vel", "News"))
    assert ids(general) == ["g"] and ids(news) == ["n"]


def test_the_three_tools_are_always_there_and_search_everything_where_no_collection_is():
    router = Router("bm25", DOCUMENTS)
    assert tuple(router.sources) == TOOLS
    (row,) = ask(router, ("Vel", "Academy"))
    assert sorted(ids(row)) == ["g", "n"]


def test_a_ready_retriever_serves_every_source():
    own = Source()
    router = Router(own, DOCUMENTS)
    ask(router, ("a", "General"), ("b", "News"), ("c", "Academy"))
    assert own.calls == [["a", "b", "c"]]  # one batch: it is one retriever


def test_a_retriever_with_sources_serves_each_with_its_own():
    router = Router("multi_source?base=tfidf", DOCUMENTS)
    assert ids(ask(router, ("Vel", "News"))[0]) == ["n"]
    ready = make_retriever("multi_source", DOCUMENTS)
    assert Router(ready, ()).sources["News"] is ready.sources["News"]


def test_other_sources_stand_beside_the_collections_or_in_their_place():
    web, news = Source("web"), Source("news")
    router = Router("bm25", DOCUMENTS, {"Web": web, "News": news})
    assert tuple(router.sources) == (*TOOLS, "Web")
    assert ids(ask(router, ("Vel", "Web"))[0]) == ["web:Vel"]
    assert ids(ask(router, ("Vel", "News"))[0]) == ["news:Vel"]


def test_a_named_source_searches_its_own_documents():
    router = Router("bm25", DOCUMENTS, {"News": "tfidf"})
    assert ids(ask(router, ("Vel", "News"))[0]) == ["n"]


def test_a_question_set_without_documents_can_be_served_by_a_retriever():
    router = Router(Source("api"), ())
    assert ids(ask(router, ("x", "Academy"))[0]) == ["api:x"]


def test_no_index_is_built_that_nobody_asks():
    router = Router("bm25", (), three_sources())
    assert ids(ask(router, ("x", "News"))[0]) == ["News:x"]
    assert len(router.search(["x"], 9).ids[0]) == 3


def test_names_that_no_plan_could_write_are_refused():
    with pytest.raises(ConfigError, match=r"A source is called 'We\(b'; use letters"):
        Router("bm25", DOCUMENTS, {"We(b": Source()})
    with pytest.raises(ConfigError, match="sources is 'exa'; give a mapping"):
        Router("bm25", DOCUMENTS, "exa")


def test_it_is_a_retriever_that_names_what_it_searches():
    router = Router("bm25", DOCUMENTS)
    assert isinstance(router, Retriever)
    assert sorted(router.search(["Vel"], 3).ids[0]) == ["g", "n"]
    assert router.fingerprint == Router("bm25", DOCUMENTS).fingerprint
    assert router.fingerprint != Router("bm25", DOCUMENTS, {"News": Source()}).fingerprint
