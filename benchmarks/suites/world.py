"""The world with one dial turned: more hops, more noise, or documents that are not there."""

from __future__ import annotations

from typing import Any

from .fixed import FIXED
from .suite import Suite, Task

_AGENTS = ("closed_book", "single_shot", "iterative", "tiny", "oracle")


def _search(name: str, dials: str, episodes: int = 200, **keywords: Any) -> Task:
    return Task(
        name=name,
        env_id="hopgym/SearchRead-v0",
        questions=f"world?{dials}",
        env_kwargs={"max_steps": 8, **keywords},
        episodes=episodes,
        fingerprint=FIXED[f"world?{dials}"],
    )


HOPS = Suite(
    "world-hops",
    "One task for each number of hops from 1 to 6, 200 questions each.",
    tuple(_search(f"hops-{n}", f"hops={n}") for n in range(1, 7)),
    _AGENTS,
)

NOISE = Suite(
    "world-noise",
    "Questions of 2 and 3 hops among more and more distractors and paraphrases.",
    (
        _search("clean", "hops=2-3&distractors=0&paraphrase=0"),
        _search("distractors-1", "hops=2-3&distractors=1&paraphrase=0"),
        _search("distractors-4", "hops=2-3&distractors=4&paraphrase=0"),
        _search("paraphrase-half", "hops=2-3&distractors=0&paraphrase=0.5"),
        _search("paraphrase-all", "hops=2-3&distractors=0&paraphrase=1"),
        _search("both", "hops=2-3&distractors=4&paraphrase=1"),
    ),
    _AGENTS,
)

MISSING = Suite(
    "world-missing",
    "Questions of 1 to 3 hops of which more and more cannot be answered by any search.",
    (
        _search("missing-0", "hops=1-3&missing=0"),
        _search("missing-10", "hops=1-3&missing=0.1"),
        _search("missing-30", "hops=1-3&missing=0.3"),
        _search("missing-50", "hops=1-3&missing=0.5"),
    ),
    _AGENTS,
)
