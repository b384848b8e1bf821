import pickle
import threading

import pytest
from sources import Source, three_sources

from hopgym.core import Document
from hopgym.envs.asking import CONCURRENCY, MOST_HANGING, PROBES, SourceError, SourceQuery
from hopgym.envs.router import TOOLS, Router
from hopgym.errors import ConfigError, RetrievalError, RewardError
from hopgym.retrieval.base import Hits

DOCUMENTS = (Document("g", "Vel", "Vel is a film."),)


def ask(router, *pairs, k=3):
    queries = [
        SourceQuery(text, source, chr(65 + n % 26)) for n, (text, source) in enumerate(pairs)
    ]
    return router.search_each(queries, k)


def ids(row):
    return [document.id for document, _ in row]


class Meeting(Source):
    """Answers once all who are to meet have come: only calls that are made at once can meet."""

    def __init__(self, name, barrier):
        super().__init__(name)
        self.barrier = barrier

    def search(self, queries, k):
        self.barrier.wait(timeout=20)
        return super().search(queries, k)


def test_sources_are_asked_at_the_same_time_and_each_once():
    barrier = threading.Barrier(3)
    sources = {tool: Meeting(tool, barrier) for tool in TOOLS}
    rows = ask(Router("empty", (), sources), *[(f"q{n}", TOOLS[n % 3]) for n in range(12)])
    assert [ids(row) for row in rows] == [[f"{TOOLS[n % 3]}:q{n}"] for n in range(12)]
    assert [[len(call) for call in source.calls] for source in sources.values()] == [[4]] * 3


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
    rows = ask(router, ("a", "General"), ("b", "News"), ("c", "News"))
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


def test_in_process_sources_work_while_the_others_are_waited_for():
    barrier = threading.Barrier(3)
    sources = {tool: Meeting(tool, barrier) for tool in TOOLS}
    sources["General"].in_process = True
    ask(Router("empty", (), sources), ("a", "General"), ("b", "News"), ("c", "Academy"))
    assert sources["General"].threads == {threading.get_ident()}
    assert threading.get_ident() not in sources["News"].threads | sources["Academy"].threads


def test_a_source_that_is_down_is_not_asked_query_by_query():
    source = Source("s", fails_on=["*"])
    rows = ask(Router(source, ()), *[(f"q{n}", "News") for n in range(200)])
    assert all(isinstance(row, SourceError) for row in rows)
    assert len(source.calls) == 1 + PROBES


def test_a_bad_query_in_a_large_batch_fails_alone():
    source = Source("s", fails_on=["q1"])
    rows = ask(Router(source, ()), *[(f"q{n}", "News") for n in range(40)])
    assert [n for n, row in enumerate(rows) if isinstance(row, SourceError)] == [1]
    assert ids(rows[39]) == ["s:q39"]


def test_there_is_no_second_round_when_the_time_is_up():
    source = Source("s", seconds=0.2, fails_on=["*"])
    rows = ask(Router(source, (), timeout=0.05), ("a", "News"), ("b", "News"))
    assert all(isinstance(row, SourceError) for row in rows)
    assert source.calls == [["a", "b"]]


def test_a_source_that_hangs_is_not_called_for_ever():
    class Hung(Source):
        def search(self, queries, k):
            self.calls.append(list(queries))
            released.wait(30)
            return super().search(queries, k)

    released = threading.Event()
    source = Hung("s")
    router = Router(source, (), timeout=0.001)
    before = threading.active_count()
    for _ in range(CONCURRENCY + MOST_HANGING + 50):
        (row,) = ask(router, ("a", "News"))
        assert isinstance(row, SourceError)
    assert threading.active_count() <= before + CONCURRENCY + MOST_HANGING + 1
    assert "calls to it have not come back; it hangs" in str(row)
    released.set()


def test_a_source_that_exits_is_a_failure_and_no_exit():
    for error in (SystemExit(3), RewardError("odd"), StopIteration()):
        source = Source("s", fails_on=["*"], error=error)
        (row,) = ask(Router(source, ()), ("a", "General"))
        assert isinstance(row, RetrievalError) and type(error).__name__ in str(row)


def test_documents_need_texts():
    class Blank(Source):
        def search(self, queries, k):
            return Hits([[Document("x", None, None)] for _ in queries], [[1.0] for _ in queries])

    (row,) = ask(Router(Blank("s"), ()), ("a", "General"))
    assert "found the document 'x' without a title or text that is a str" in str(row)
