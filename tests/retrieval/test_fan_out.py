import copy
import pickle
import subprocess
import sys
import threading
import time

import pytest
from retriever_contract import DOCUMENTS, QUERIES, check_contract

from hopgym.core import Document
from hopgym.errors import ConfigError, RetrievalError
from hopgym.retrieval import Hits, make_retriever
from hopgym.retrieval.fan_out import FanOutRetriever, in_threads


class Api:
    """Takes one query at a time, and its time for each; counts what is under way."""

    fingerprint = "api"

    def __init__(self, takes=0.0, fails=(), hangs=()):
        self.takes, self.fails, self.hangs = takes, fails, hangs
        self.lock = threading.Lock()
        self.asked, self.busy, self.most = [], 0, 0

    def search(self, queries, k):
        (query,) = queries
        with self.lock:
            self.asked.append(query)
            self.busy += 1
            self.most = max(self.most, self.busy)
        time.sleep(60 if query in self.hangs else self.takes)
        with self.lock:
            self.busy -= 1
        if query in self.fails:
            raise RetrievalError(f"No answer to {query}.")
        return Hits([[Document(query, query, "")][:k]], [[1.0][:k]])


def test_it_keeps_the_contract(tmp_path):
    check_contract(lambda documents: FanOutRetriever(documents, base="bm25"), tmp_path)


@pytest.mark.parametrize("base", ["bm25", "random", "link_hop", 'hybrid?children=["bm25","tfidf"]'])
def test_it_finds_what_its_base_finds(base):
    made = make_retriever(base, DOCUMENTS)
    fan = FanOutRetriever(base=made, concurrency=3)
    assert fan.search(QUERIES, 5) == made.search(QUERIES, 5)
    assert fan.fingerprint == made.fingerprint
    assert fan.documents is made.documents
    assert len(fan.search([], 5)) == 0


def test_queries_go_out_side_by_side_and_no_more_than_allowed():
    api = Api(takes=0.1)
    queries = [str(number) for number in range(12)]
    start = time.monotonic()
    assert FanOutRetriever(base=api, concurrency=4).search(queries, 1).ids == [[q] for q in queries]
    assert time.monotonic() - start >= 0.3
    assert api.most == 4


def test_equal_queries_are_asked_once():
    api = Api()
    assert FanOutRetriever(base=api).search(["a", "b", "a"], 1).ids == [["a"], ["b"], ["a"]]
    assert sorted(api.asked) == ["a", "b"]


def test_the_first_failure_is_raised_at_once_and_ends_the_asking():
    api = Api(takes=0.05, fails={"bad"}, hangs={"slow"})
    queries = ["slow", "bad", *map(str, range(50))]
    start = time.monotonic()
    with pytest.raises(RetrievalError, match=r"No answer to bad\."):
        FanOutRetriever(base=api, concurrency=2).search(queries, 1)
    assert time.monotonic() - start < 5
    time.sleep(0.2)
    assert len(api.asked) <= 3


def test_what_is_no_answer_is_refused():
    class Short:
        fingerprint = "short"

        def search(self, queries, k):
            return Hits([], [])

    with pytest.raises(RetrievalError, match="0 rows for 1 queries"):
        FanOutRetriever(base=Short()).search(["a", "b"], 1)


def test_by_name_it_needs_a_base(tmp_path):
    (tmp_path / "own.py").write_text(
        "from hopgym.retrieval import Hits\n"
        "class Own:\n"
        "    fingerprint = 'own'\n"
        "    def __init__(self, documents): self.documents = list(documents)\n"
        "    def search(self, queries, k):\n"
        "        (query,) = queries\n"
        "        return Hits([self.documents[:k]], [[1.0] * len(self.documents[:k])])\n"
    )
    spec = f"fan_out?base={tmp_path}/own.py:Own&concurrency=2"
    assert make_retriever(spec, DOCUMENTS).search(["x", "y"], 1).ids == [["d00"], ["d00"]]
    with pytest.raises(ConfigError, match="missing 'base'"):
        make_retriever("fan_out", DOCUMENTS)
    for concurrency in (0, 1.5, True):
        with pytest.raises(ConfigError, match="concurrency is"):
            FanOutRetriever(base="empty", concurrency=concurrency)


def test_it_travels_and_its_copy_is_itself():
    fan = FanOutRetriever(DOCUMENTS[:9], base="tfidf", concurrency=3)
    assert copy.deepcopy(fan) is fan
    assert (
        pickle.loads(pickle.dumps(FanOutRetriever(base=make_retriever("empty")))).concurrency == 8
    )


def test_in_threads_returns_what_each_call_returned_or_raised():
    def fail():
        raise ValueError("no")

    late = threading.Event()
    found, failed, unfinished = in_threads([lambda: 1, fail, late.wait], timeout=0.2)
    late.set()
    assert found == 1 and isinstance(failed, ValueError)
    assert isinstance(unfinished, TimeoutError) and "within 0.2 s" in str(unfinished)
    assert in_threads([]) == []
    with pytest.raises(SystemExit):
        in_threads([sys.exit])


def test_calls_that_were_not_begun_in_time_are_never_made():
    made = []
    calls = [lambda: time.sleep(0.3), lambda: made.append(1)]
    assert [type(result) for result in in_threads(calls, concurrency=1, timeout=0.1)] == [
        TimeoutError,
        TimeoutError,
    ]
    time.sleep(0.4)
    assert not made


HANGS = """
import threading, time
from hopgym.retrieval.fan_out import FanOutRetriever, in_threads

class Hangs:
    fingerprint = "hangs"
    def search(self, queries, k):
        if queries == ["bad"]:
            raise OSError("broken")
        time.sleep(600)

try:
    FanOutRetriever(base=Hangs()).search(["slow", "slower", "bad"], 1)
except OSError:
    print(in_threads([lambda: time.sleep(600)], timeout=0.1), threading.active_count())
"""


def test_a_source_that_hangs_keeps_no_process_from_ending():
    run = subprocess.run(
        [sys.executable, "-c", HANGS], capture_output=True, text=True, timeout=60, check=True
    )
    assert run.stdout == "[TimeoutError('It did not answer within 0.1 s.')] 4\n"
