"""`quick`: every environment on the same questions, in minutes on a CPU. The default suite."""

from __future__ import annotations

from .fixed import FIXED
from .suite import Suite, Task

_WORLD = "world?hops=1-6"

QUICK = Suite(
    "quick",
    "The synthetic world, 1 to 6 hops: offline, minutes on a CPU.",
    (
        Task(
            name="world",
            env_id="hopgym/SearchRead-v0",
            questions=_WORLD,
            env_kwargs={"max_steps": 8},
            episodes=300,
            fingerprint=FIXED[_WORLD],
        ),
        Task(
            name="plans",
            env_id="hopgym/DagSearch-v0",
            questions=_WORLD,
            episodes=300,
            fingerprint=FIXED[_WORLD],
        ),
        Task(
            name="facts",
            env_id="hopgym/KGSubgraph-v0",
            questions=_WORLD,
            env_kwargs={"top_k": 64},
            episodes=300,
            fingerprint=FIXED[_WORLD],
        ),
        Task(
            name="documents",
            env_id="hopgym/RAG-v0",
            questions=_WORLD,
            env_kwargs={"hops": 3, "top_k": 3},
            episodes=300,
            fingerprint=FIXED[_WORLD],
        ),
    ),
    (
        *("random", "closed_book", "single_shot", "iterative", "planner", "tiny"),
        *("ppr", "cosine", "oracle"),
    ),
)
