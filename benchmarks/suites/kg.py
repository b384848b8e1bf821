"""`kg` and `real-kg`: select the facts of a knowledge graph that answer the question."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .fixed import FIXED
from .suite import DATA, Suite, Task

_AGENTS = ("random", "ppr", "cosine", "oracle")


def _select(name: str, questions: str, split: str = "test", **keywords: Any) -> Task:
    return Task(
        name=name,
        env_id="hopgym/KGSubgraph-v0",
        questions=questions,
        split=split,
        env_kwargs={"top_k": 64, **keywords},
        episodes=300,
        fingerprint=FIXED.get(questions, ""),
    )


def _real(name: str, questions: str, split: str) -> Task:
    """Spread, for MetaQA's files are sorted: its first 300 questions of one hop are of one kind."""
    return replace(_select(name, questions, split), spread=True)


KG = Suite(
    "kg",
    "The world's graphs, 1 to 4 hops at once, and 2 hops fact by fact.",
    (
        *(_select(f"hops-{n}", f"world?hops={n}") for n in range(1, 5)),
        _select(
            "fact-by-fact",
            "world?hops=2",
            top_k=32,
            max_steps=8,
            mode="sequential",
            observation="padded",
        ),
    ),
    _AGENTS,
)

REAL_KG = Suite(
    "real-kg",
    "MetaQA, PathQuestion and WebQSP's path graphs from your files (--data).",
    (
        *(
            _real(f"metaqa-{n}", f"metaqa?path={DATA}/metaqa&hops={n}", split)
            for n, split in ((1, "test"), (2, "test"), (3, "dev"))
        ),
        *(
            _real(
                f"pathquestion-{n}", f"pathquestion?path={DATA}/pathquestion&part=PQ-{n}H", "train"
            )
            for n in (2, 3)
        ),
        _real("webqsp_paths", f"{DATA}/webqsp_cwq/webqsp_path_graphs_1000.jsonl.gz", "train"),
    ),
    _AGENTS,
)
