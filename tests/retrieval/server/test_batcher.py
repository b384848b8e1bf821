import asyncio
import concurrent.futures
import threading
import time

import pytest

from hopgym.core import Document
from hopgym.errors import RetrievalError
from hopgym.retrieval.base import Hits
from hopgym.retrieval.server.batcher import Batcher, OverloadedError
from hopgym.retrieval.server.limits import Limits
from hopgym.retrieval.server.metrics import Metrics


class Echo:
    """Finds the query itself, k times, and notes every call."""

    fingerprint = "echo"

    def __init__(self, seconds=0.0):
        self.calls, self.seconds = [], seconds
        self.open = threading.Event()
        self.open.set()

    def search(self, queries, k):
        self.calls.append((list(queries), k))
        self.open.wait(5)
        time.sleep(self.seconds)
        for query in queries:
            if query == "poison":
                raise ValueError(query)
        rows = [[Document(f"{query}/{n}", "", query) for n in range(k)] for query in queries]
        return Hits(rows, [[1.0 / (n + 1) for n in range(k)] for _ in queries])


def batching(scenario, retriever, **limits):
    """Run a scenario with a batcher."""

    async def run():
        batcher = Batcher(retriever, Limits(**limits), Metrics())
        batcher.start()
        try:
            return await scenario(batcher)
        finally:
            await batcher.close()

    return asyncio.run(run())


def ids(query, k):
    return [f"{query}/{n}" for n in range(k)]


def test_many_requests_become_few_searches_and_none_is_crossed():
    echo = Echo(seconds=0.005)

    async def scenario(batcher):
        asked = [([f"{n}a", f"{n}b"], 1 + n % 2) for n in range(50)]
        replies = await asyncio.gather(*(batcher.search(*one) for one in asked))
        for (queries, k), hits in zip(asked, replies, strict=True):
            assert hits.ids == [ids(query, k) for query in queries]

    batching(scenario, echo, max_batch=32)
    assert len(echo.calls) < 10
    assert max(len(queries) for queries, _ in echo.calls) <= 32
    assert {k for _, k in echo.calls} == {1, 2}


@pytest.mark.parametrize(("wait_ms", "together"), [(1, [3]), (0, [1, 2])])
def test_those_just_answered_are_waited_for_where_a_search_takes_long(wait_ms, together):
    echo = Echo(seconds=0.2)

    async def scenario(batcher):
        first = asyncio.gather(*(batcher.search([query], 1) for query in "ab"))
        await asyncio.sleep(0.1)
        waiting = asyncio.create_task(batcher.search(["c"], 1))  # for longer than wait_ms
        await first
        await asyncio.gather(waiting, *(batcher.search([query], 1) for query in "de"))

    batching(scenario, echo, wait_ms=wait_ms)
    assert [len(queries) for queries, _ in echo.calls] == [2, *together]


def test_the_same_query_is_searched_once():
    echo = Echo()

    async def scenario(batcher):
        replies = await asyncio.gather(*(batcher.search(["x", "y", "x"], 1) for _ in range(5)))
        assert all(hits.ids == [["x/0"], ["y/0"], ["x/0"]] for hits in replies)

    batching(scenario, echo)
    assert echo.calls == [(["x", "y"], 1)]


def test_a_long_request_is_searched_in_parts():
    echo = Echo()

    async def scenario(batcher):
        queries = [str(n) for n in range(10)]
        assert (await batcher.search(queries, 1)).ids == [ids(query, 1) for query in queries]
        assert batcher.waiting == 0

    batching(scenario, echo, max_batch=4)
    assert [len(queries) for queries, _ in echo.calls] == [4, 4, 2]


def test_no_queries_need_no_search():
    echo = Echo()

    async def scenario(batcher):
        assert (await batcher.search([], 1)).ids == []

    batching(scenario, echo)
    assert not echo.calls


def test_a_full_queue_refuses_and_opens_again():
    echo = Echo()
    echo.open.clear()

    async def scenario(batcher):
        first = asyncio.create_task(batcher.search(["first"], 1))
        await asyncio.sleep(0.05)
        waiting = asyncio.create_task(batcher.search(["a", "b", "c"], 1))
        await asyncio.sleep(0)
        assert batcher.waiting == 3
        with pytest.raises(OverloadedError, match="3 queries are waiting; this server holds 4"):
            await batcher.search(["d", "e"], 1)
        echo.open.set()
        assert (await first).ids == [["first/0"]] and len(await waiting) == 3
        assert (await batcher.search(["d", "e"], 1)).ids == [["d/0"], ["e/0"]]

    batching(scenario, echo, max_waiting=4, max_queries=4)


def test_a_failing_query_fails_no_other():
    echo = Echo()
    echo.open.clear()

    async def scenario(batcher):
        tasks = [asyncio.create_task(batcher.search([q], 1)) for q in ("0", "a", "poison", "b")]
        await asyncio.sleep(0.05)
        echo.open.set()
        replies = await asyncio.gather(*tasks, return_exceptions=True)
        assert isinstance(replies.pop(2), ValueError)
        assert [hits.ids for hits in replies] == [[["0/0"]], [["a/0"]], [["b/0"]]]
        assert (await batcher.search(["after"], 1)).ids == [["after/0"]]

    batching(scenario, echo)
    assert echo.calls[0] == (["0", "a", "poison", "b"], 1)


def test_a_retriever_that_loses_rows_is_an_error():
    class Short(Echo):
        def search(self, queries, k):
            return super().search(queries[:-1], k)

    async def scenario(batcher):
        with pytest.raises(RetrievalError, match="'Short' gave 1 rows for 2 queries"):
            await batcher.search(["x", "y"], 1)

    batching(scenario, Short())


def test_who_has_gone_is_not_searched_for():
    echo = Echo()
    echo.open.clear()

    async def scenario(batcher):
        first = asyncio.create_task(batcher.search(["first"], 1))
        await asyncio.sleep(0.05)
        gone = asyncio.create_task(batcher.search(["gone"], 1))
        stays = asyncio.create_task(batcher.search(["stays"], 1))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        echo.open.set()
        assert (await stays).ids == [["stays/0"]] and (await first).ids == [["first/0"]]
        assert batcher.waiting == 0

    batching(scenario, echo)
    assert [queries for queries, _ in echo.calls] == [["first"], ["stays"]]


def test_one_client_alone_does_not_wait_for_company():
    async def scenario(batcher):
        start = time.monotonic()
        for number in range(5):
            await batcher.search([str(number)], 1)
        return time.monotonic() - start

    assert batching(scenario, Echo(), wait_ms=1000) < 0.9


def test_under_load_a_worker_waits_for_more_but_not_for_long():
    echo = Echo()
    echo.open.clear()

    async def scenario(batcher):
        crowd = [asyncio.create_task(batcher.search([str(n)], 1)) for n in range(9)]
        await asyncio.sleep(0.02)
        echo.open.set()
        await asyncio.gather(*crowd)
        echo.calls.clear()
        early = asyncio.create_task(batcher.search(["early"], 1))
        await asyncio.sleep(0.02)
        late = asyncio.create_task(batcher.search(["late"], 1))
        start = time.monotonic()
        await asyncio.gather(early, late)
        return time.monotonic() - start

    assert 0.1 < batching(scenario, echo, wait_ms=300) < 2
    assert echo.calls == [(["early", "late"], 1)]


def test_several_workers_search_at_the_same_time():
    echo = Echo()
    echo.open.clear()

    async def scenario(batcher):
        tasks = []
        for number in range(3):
            tasks.append(asyncio.create_task(batcher.search([str(number)], 1)))
            await asyncio.sleep(0.05)
        assert len(echo.calls) == 3
        echo.open.set()
        replies = await asyncio.gather(*tasks)
        assert [hits.ids for hits in replies] == [[["0/0"]], [["1/0"]], [["2/0"]]]

    batching(scenario, echo, workers=3)


def test_whoever_waits_when_it_closes_is_told():
    echo = Echo()
    echo.open.clear()

    async def run():
        batcher = Batcher(echo, Limits(), Metrics())
        batcher.start()
        first = asyncio.create_task(batcher.search(["first"], 1))
        await asyncio.sleep(0.05)
        second = asyncio.create_task(batcher.search(["second"], 1))
        await asyncio.sleep(0)
        echo.open.set()
        await batcher.close()
        replies = await asyncio.gather(first, second, return_exceptions=True)
        assert all(isinstance(reply, OverloadedError) for reply in replies), replies

    asyncio.run(run())


@pytest.mark.parametrize(
    "error",
    [
        concurrent.futures.CancelledError(),
        asyncio.CancelledError(),
        StopIteration(),
        GeneratorExit(),
    ],
)
def test_defect_no_error_of_a_search_ends_the_worker(error):
    """A CancelledError ended it as `close` does, and a StopIteration was never delivered."""

    class Odd(Echo):
        def search(self, queries, k):
            if "odd" in queries:
                raise error
            return super().search(queries, k)

    async def scenario(batcher):
        async with asyncio.timeout(5):
            with pytest.raises(RetrievalError, match=f"Odd raised {type(error).__name__} instead"):
                await batcher.search(["odd"], 1)
            assert (await batcher.search(["after"], 1)).ids == [["after/0"]]

    batching(scenario, Odd())


def test_defect_components_stay_in_their_rows_where_a_part_has_none():
    class Sometimes(Echo):
        def search(self, queries, k):
            hits = super().search(queries, k)
            if "plain" in queries:
                return hits
            return Hits(hits.documents, hits.scores, [[{"q": 1.0}] * k for _ in queries])

    async def scenario(batcher):
        hits = await batcher.search(["plain", "a"], 2)
        assert hits.components == [[{}, {}], [{"q": 1.0}] * 2]
        assert (await batcher.search(["plain", "plain"], 2)).components is None

    batching(scenario, Sometimes(), max_batch=1)
