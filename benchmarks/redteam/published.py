"""Scorers as published elsewhere that are no rewards of ours: here to be seen failing.

Never train on them. They take (question, trajectory) as any reward does, so that
`hopgym.benchmarks.redteam.published:cover_em` names one wherever a reward is named.
"""

from __future__ import annotations

from ...core import Question, Score, Trajectory
from ...rewards import answer
from ...rewards.base import for_documents
from ...rewards.normalize import squad_cached

_MODULE = __name__

BY_ENV: dict[str, tuple[str, ...]] = {
    "hopgym/SearchRead-v0": (
        "r3_code",
        "r3_seed",
        "orm",
        "prm",
        "f1",
        f"{_MODULE}:cover_em",
        f"{_MODULE}:in_transcript",
    ),
    "hopgym/DagSearch-v0": ("dag_original", "dag_original?step=0", f"{_MODULE}:cover_em"),
    "hopgym/KGSubgraph-v0": ("kg_minerva", "kg_deeppath", "kg_r1"),
    "hopgym/RAG-v0": ("f1", f"{_MODULE}:cover_em", f"{_MODULE}:in_transcript"),
}
"""What `--rewards published` stands for, by environment."""


def by_short_name(name: str) -> str:
    """Return the full name of a scorer of this file that is given by its last word.

    >>> by_short_name("cover_em"), by_short_name("f1")
    ('hopgym.benchmarks.redteam.published:cover_em', 'f1')
    """
    return f"{_MODULE}:{name}" if name in ("cover_em", "in_transcript") else name


@for_documents
def cover_em(question: Question, trajectory: Trajectory) -> Score:
    """Pay 1 if an accepted answer occurs in the answer (R1-Searcher's and Aviary's kind)."""
    value = answer.cover_em(trajectory.prediction, question.answers) if _over(trajectory) else 0.0
    return Score(value, {"outcome": value})


@for_documents
def in_transcript(question: Question, trajectory: Trajectory) -> Score:
    """Pay 1 if an accepted answer occurs anywhere in the episode, what was retrieved included.

    So pays a scorer that searches the whole sequence for the answer and not what the agent said.
    """
    if not _over(trajectory):
        return Score(0.0, {"outcome": 0.0})
    text = squad_cached(trajectory.transcript)
    value = float(any(gold in text for gold in map(squad_cached, question.answers) if gold))
    return Score(value, {"outcome": value})


def _over(trajectory: Trajectory) -> bool:
    return trajectory.outcome != "running"
