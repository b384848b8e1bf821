"""`retrieval`: the same questions and agents, with other retrievers."""

from __future__ import annotations

from .fixed import FIXED
from .suite import Suite, Task

_WORLD = "world?hops=1-4"

_RETRIEVERS = {
    "random": "random",
    "tfidf": "tfidf",
    "bm25": "bm25",
    "dense": "dense?encoder=hashing",
    "hybrid": 'hybrid?children=["bm25","tfidf"]',
    "rerank": "rerank?base=bm25&reranker=lexical",
    "link-hop": "link_hop?base=bm25",
}

RETRIEVAL = Suite(
    "retrieval",
    "The same questions of 1 to 4 hops with one retriever after the other.",
    tuple(
        Task(
            name=name,
            env_id="hopgym/SearchRead-v0",
            questions=_WORLD,
            env_kwargs={"retriever": retriever, "max_steps": 8},
            episodes=200,
            fingerprint=FIXED[_WORLD],
        )
        for name, retriever in _RETRIEVERS.items()
    ),
    ("single_shot", "iterative", "oracle"),
)
