import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from hopgym.retrieval.controls import EmptyRetriever
from hopgym.retrieval.shelf import Shelf


def test_the_same_key_gives_the_same_retriever():
    shelf = Shelf()
    first = shelf.get("a", EmptyRetriever)
    assert shelf.get("a", EmptyRetriever) is first
    assert shelf.get("b", EmptyRetriever) is not first


def test_the_least_lately_used_goes_first():
    shelf = Shelf(size=2)
    a, b = shelf.get("a", EmptyRetriever), shelf.get("b", EmptyRetriever)
    shelf.get("a", EmptyRetriever)
    shelf.get("c", EmptyRetriever)
    assert len(shelf) == 2
    assert shelf.get("a", EmptyRetriever) is a
    assert shelf.get("b", EmptyRetriever) is not b


def test_threads_build_once():
    shelf, built, together = Shelf(), [], threading.Barrier(8)

    def build():
        built.append(1)
        return EmptyRetriever()

    def ask(_):
        together.wait()
        return shelf.get("a", build)

    with ThreadPoolExecutor(8) as pool:
        retrievers = list(pool.map(ask, range(8)))
    assert len(built) == 1
    assert all(retriever is retrievers[0] for retriever in retrievers)


def test_a_slow_build_does_not_block_other_keys():
    shelf, go = Shelf(), threading.Event()

    def slow():
        assert go.wait(10)
        return EmptyRetriever()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(shelf.get, "slow", slow)
        quick = shelf.get("quick", EmptyRetriever)
        assert not waiting.done()
        go.set()
        assert waiting.result(10) is not quick


def test_a_failed_build_can_be_tried_again():
    shelf = Shelf()

    def fail():
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        shelf.get("a", fail)
    assert isinstance(shelf.get("a", EmptyRetriever), EmptyRetriever)
