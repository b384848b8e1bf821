"""What a file of supervision holds: how many questions have paths, how long, and what was left out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple


class Told(NamedTuple):
    """What the summary needs of one question."""

    facts: int
    kept: int
    """Facts that are written."""
    positives: int
    """Facts that lie on a path that counts."""
    written: int
    """Those among the facts that are written."""
    hops: int
    topic: bool
    """Whether the graph has a topic entity."""
    answer: bool
    """Whether the graph has an answer entity."""


@dataclass(slots=True)
class Summary:
    """What a file holds."""

    questions: int = 0
    without_facts: int = 0
    without_topic: int = 0
    without_answer: int = 0
    with_paths: int = 0
    lines: int = 0
    facts: int = 0
    positives: int = 0
    recall: float = 0.0
    """Of the facts on a path, how many are written: the mean over questions with paths."""
    hops: Counter[int] = field(default_factory=Counter)
    """How many questions have which longest shortest path; questions with paths only."""

    def add(self, told: Told) -> None:
        """Count a question that has facts."""
        self.questions += 1
        self.without_topic += not told.topic
        self.without_answer += not told.answer
        self.facts += told.kept
        if told.positives:
            self.with_paths += 1
            self.hops[told.hops] += 1
            self.positives += told.positives
            share = told.written / told.positives
            self.recall += (share - self.recall) / self.with_paths

    @property
    def mean_positives(self) -> float:
        """Facts on a path, the mean over questions with paths."""
        return self.positives / max(self.with_paths, 1)
