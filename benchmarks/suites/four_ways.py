"""`one-question-four-ways`: the same questions in all four environments."""

from __future__ import annotations

from .fixed import FIXED
from .suite import Suite, Task

_WORLD = "world?hops=2"

FOUR_WAYS = Suite(
    "one-question-four-ways",
    "The same questions of 2 hops searched for, planned, selected from a graph, and retrieved.",
    (
        Task(
            name="search",
            env_id="hopgym/SearchRead-v0",
            questions=_WORLD,
            env_kwargs={"max_steps": 5},
            episodes=300,
            fingerprint=FIXED[_WORLD],
        ),
        Task(
            name="plan",
            env_id="hopgym/DagSearch-v0",
            questions=_WORLD,
            episodes=300,
            fingerprint=FIXED[_WORLD],
        ),
        Task(
            name="select",
            env_id="hopgym/KGSubgraph-v0",
            questions=_WORLD,
            env_kwargs={"top_k": 32},
            episodes=300,
            fingerprint=FIXED[_WORLD],
        ),
        Task(
            name="retrieve",
            env_id="hopgym/RAG-v0",
            questions=_WORLD,
            env_kwargs={"hops": 3, "top_k": 2, "generator": "agent"},
            episodes=300,
            fingerprint=FIXED[_WORLD],
        ),
    ),
    (
        *("random", "closed_book", "single_shot", "iterative", "planner", "tiny"),
        *("ppr", "cosine", "oracle"),
    ),
)
