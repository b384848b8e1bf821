import pickle
import time

import pytest
from sources import Source, three_sources

from hopgym.core import Document
from hopgym.envs.router import TOOLS, Router, SourceError, SourceQuery
from hopgym.errors import ConfigError, RetrievalError
from hopgym.retrieval import make_retriever
from hopgym.retrieval.base import Hits, Retriever

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


def test_sources_are_asked_at_the_same_time_and_each_once():
    sources = three_sources(seconds=0.2)
    router = Router("empty", DOCUMENTS, sources)
    started = time.perf_counter()
    ask(router, *[(f"q{n}", TOOLS[n % 3]) for n in range(12)])
    assert time.perf_counter() - started < 0.5  # three in a row would take 0.6
    assert [len(source.calls) for source in sources.values()] == [1, 1, 1]
    assert [len(source.calls[0]) for source in sources.values()] == [4, 4, 4]


def test_a_failing_source_fails_its_nodes_and_no_others():
    sources = three_sources()
    sources["News"].fails_on = {"*"}
    rows = ask(Router("empty", DOCUMENTS, sources), ("a", "General"), ("b", "News"))
    assert ids(rows[0]) == ["General:a"]
    assert isinstance(rows[1], SourceError) and rows[1].node == "B" and rows[1].source == "News"
    assert "Node B could not be answered: News failed for 'b'. the line is dead" in str(rows[1])
    assert "Nothing was scored" in str(rows[1])
    assert str(pickle.loads(pickle.dumps(rows[1]))) == str(rows[1])


def test_one_bad_query_does_not_spoil_its_batch():
    source = Source("s", fails_on=["poison"])
    rows = ask(Router(source, ()), ("a", "General"), ("poison", "News"), ("c", "Academy"))
    assert ids(rows[0]) == ["s:a"] and ids(rows[2]) == ["s:c"]
    assert isinstance(rows[1], SourceError)


def test_a_source_that_stalls_is_not_waited_for():
    sources = three_sources()
    sources["News"].seconds = 30
    router = Router("empty", DOCUMENTS, sources, timeout=0.1)
    started = time.perf_counter()
    rows = ask(router, ("a", "General"), ("b", "News"), ("c", "News"))
    assert time.perf_counter() - started < 5
    assert ids(rows[0]) == ["General:a"]
    assert all(isinstance(row, SourceError) for row in rows[1:])
    assert "did not answer within 0.1 s" in str(rows[1])
    assert len(sources["News"].calls) == 1  # whoever stalls is not asked again


def test_what_a_source_raises_is_told_with_its_place():
    source = Source("s", fails_on=["*"], error=ZeroDivisionError("oh"))
    (row,) = ask(Router(source, ()), ("a", "General"))
    assert isinstance(row, RetrievalError)
    assert "It raised ZeroDivisionError: oh (line" in str(row)


def test_a_mistake_in_the_set_up_is_no_failure_of_a_source():
    source = Source("s", fails_on=["*"], error=ConfigError("no key"))
    with pytest.raises(ConfigError, match="no key"):
        ask(Router(source, ()), ("a", "General"))
    with pytest.raises(ConfigError, match="no key"):
        ask(Router(source, (), {"Web": Source("w")}), ("a", "General"), ("b", "Web"))


def test_an_answer_that_is_none_fails_its_node():
    class Short(Source):
        def search(self, queries, k):
            return Hits([], [])

    (row,) = ask(Router(Short(), ()), ("a", "General"))
    assert "gave 0 rows for 1 queries" in str(row)


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
