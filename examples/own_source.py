"""Your own source: a class that asks an API, put behind a name that plans may ask.

A retriever's class is called with the documents of the question set, also where it searches elsewhere.
`fan_out` asks it for several queries at once, one query each. `python examples/own_source.py` plays
it; from a command:

    hopgym play hopgym/DagSearch-v0 \
        --set 'sources={"Archive": "fan_out?base=examples/own_source.py:Archive&concurrency=8"}'
"""

import time
from collections.abc import Iterable, Sequence

import gymnasium

import hopgym  # noqa: F401  (registers the environments)
from hopgym.core import Document
from hopgym.envs.grammars.dag import DagGrammar
from hopgym.envs.plans import Node
from hopgym.retrieval import Hits

DELAY = 0.2
"""Seconds that the API takes for a query."""


class Archive:
    """Stands for an API that knows one page about everything."""

    fingerprint = "archive-1"

    def __init__(self, documents: Iterable[Document] = ()) -> None:
        """Take the documents of the question set, and leave them: the pages are elsewhere."""

    def search(self, queries: Sequence[str], k: int) -> Hits:
        """Ask for every query; raise `hopgym.errors.RetrievalError` where that fails."""
        rows = []
        for query in queries:
            time.sleep(DELAY)
            rows.append([Document(f"archive/{query}", query.title(), f"All about {query}.")][:k])
        return Hits(rows, [[1.0] * len(row) for row in rows])


if __name__ == "__main__":
    env = gymnasium.make(
        "hopgym/DagSearch-v0",
        questions="world?entities=300",
        sources={"Archive": f"fan_out?base={__file__}:Archive&concurrency=8"},
    )
    _, info = env.reset(seed=1)
    nodes = [Node(label, f"shelf {label}", "Archive") for label in "ABCDEFGH"]
    plan = DagGrammar(info["tools"]).write_plan("I look on every shelf.", nodes)
    began = time.perf_counter()
    observation, *_ = env.step(plan)
    print(observation)
    waited = time.perf_counter() - began
    print(
        f"{len(nodes)} searches took {waited:.1f} s, one after another {DELAY * len(nodes):.1f} s"
    )
