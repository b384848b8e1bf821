"""The shared retriever, with a stand-in for Ray that calls the actor at once."""

import copy
from types import SimpleNamespace

import pytest
from toy import ToyQuestions

from hopgym.agents.engines.ray_retriever import RetrieverHost, SharedRetriever
from hopgym.errors import RetrievalError
from hopgym.retrieval import make_retriever


class Actor:
    """What `.remote(...)` gives: methods whose `remote` calls them."""

    def __init__(self, made):
        for name in ("describe", "search"):
            setattr(self, name, SimpleNamespace(remote=getattr(made, name)))


class AtOnce:
    def __init__(self):
        self.begun, self.killed = [], []

    def remote(self, cls):
        def make(*args):
            self.begun.append(Actor(cls(*args)))
            return self.begun[-1]

        return SimpleNamespace(options=lambda **_: SimpleNamespace(remote=make))

    def get(self, value):
        return value

    def kill(self, actor):
        self.killed.append(actor)


KWARGS = {"questions": ToyQuestions(), "retriever": "bm25"}


def test_one_actor_serves_as_long_as_the_retriever_is_the_same():
    ray = AtOnce()
    first = SharedRetriever.begin(ray, KWARGS, None)
    assert first.fingerprint == make_retriever("bm25", ToyQuestions().documents).fingerprint
    assert SharedRetriever.begin(ray, KWARGS, first) is first
    other = SharedRetriever.begin(ray, {**KWARGS, "retriever": "tfidf"}, first)
    assert other is not first and ray.killed == [ray.begun[0]] and len(ray.begun) == 2
    other.end(ray)
    assert ray.killed == ray.begun
    assert copy.deepcopy(other) is other  # gymnasium copies what an environment was made with


def test_the_host_searches_as_the_retriever_that_it_holds():
    documents = ToyQuestions().documents
    host = RetrieverHost("bm25", ToyQuestions())
    near = make_retriever("bm25", documents)
    queries = [documents[0].title, documents[-1].text]
    assert host.search(queries, 2).ids == near.search(queries, 2).ids
    assert host.describe() == near.fingerprint


def test_an_actor_that_fails_is_an_error_of_retrieval():
    ray = pytest.importorskip("ray")

    def fails(queries, k):
        raise ray.exceptions.RayError("the actor is gone")

    actor = SimpleNamespace(search=SimpleNamespace(remote=fails))
    with pytest.raises(RetrievalError, match=r"The shared retriever failed \(the actor is gone\)"):
        SharedRetriever(actor, "f", ("", "")).search(["a"], 1)
