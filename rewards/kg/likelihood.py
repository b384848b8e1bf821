"""`drag`: the log-likelihood of the gold answers under the model that reads the selected facts.

D-RAG (EMNLP 2025, doi 10.18653/v1/2025.emnlp-main.1793) trains its retriever to raise
`log p(answer | question, selected facts)`. Here that is the reward of the selection, so that any
learner can raise it, by a reader that has

    log_likelihood(selections, answers) -> list[float]     # answers: one sequence for each

such as `llm`. It is paid wherever the episode ends, truncated or malformed too: a log-likelihood
is never above 0, and an agent that could get around it would.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ...core import Question, Score, Trajectory
from ...errors import ConfigError, RewardError, named, users_code
from ..base import Item
from .facts import gold_answers
from .reader import FactReader, Selection, make_fact_reader
from .reward import SubgraphReward, chosen_facts


class TellsLikelihood(Protocol):
    """A fact reader that can tell how likely it would have given certain answers."""

    def log_likelihood(
        self, selections: Sequence[Selection], answers: Sequence[Sequence[str]]
    ) -> list[float]:
        """Return the natural logarithm of each answer's probability, in one call for all."""


@dataclass(frozen=True, kw_only=True)
class LikelihoodReward:
    """`answer` times the log-likelihood at the end, and costs; no shaping unless it is asked for.

    Raises:
        ConfigError: If there is no reader, or it cannot tell likelihoods, or a weight is none.
    """

    reader: str | FactReader | None = None
    """A fact reader with `log_likelihood`, or its name."""
    answer: float = 1.0
    shaping: bool = False
    gamma: float = 1.0
    size: float = 0.0
    invalid: float = 0.0
    _base: SubgraphReward = field(init=False, repr=False, compare=False)
    _reader: TellsLikelihood = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make the reader."""
        base = SubgraphReward(
            answer=self.answer,
            shaping=self.shaping,
            gamma=self.gamma,
            size=self.size,
            invalid=self.invalid,
        )
        object.__setattr__(self, "_base", base)
        object.__setattr__(self, "_reader", _telling(self.reader))

    def __call__(self, question: Question, trajectory: Trajectory) -> Score:
        """Score the last step."""
        return self.many([(question, trajectory)])[0]

    def many(self, items: Sequence[Item]) -> list[Score]:
        """Score the last step of each episode; the reader is asked once, for those that ended.

        Raises:
            RewardError: If the reader failed; a failure is never paid as one likelihood or another.
        """
        scores = self._base.many(items)
        ended = [i for i, (_, trajectory) in enumerate(items) if trajectory.outcome != "running"]
        told = iter(self._told([items[i] for i in ended]))
        return [
            self._paid(score, next(told) if trajectory.outcome != "running" else 0.0)
            for score, (_, trajectory) in zip(scores, items, strict=True)
        ]

    def _paid(self, score: Score, log_likelihood: float) -> Score:
        terms = {**score.terms, "answer": self.answer * log_likelihood}
        return Score(sum(terms.values()), terms)

    def _told(self, items: Sequence[Item]) -> list[float]:
        """Return the log-likelihood of each question's gold answers."""
        if not items:
            return []
        selections = [Selection.of(q, chosen_facts(trajectory)) for q, trajectory in items]
        answers = [gold_answers(question) for question, _ in items]
        with users_code("fact reader", self._reader, RewardError):
            told = [float(value) for value in self._reader.log_likelihood(selections, answers)]
        if len(told) != len(items) or not all(map(math.isfinite, told)):
            raise RewardError(
                f"The fact reader {named(self._reader)} told {told!r:.80} for {len(items)} "
                "selections; `log_likelihood` must return one finite number for each."
            )
        return told


def _telling(reader: str | FactReader | None) -> TellsLikelihood:
    wanted = "Give a reader with `log_likelihood`, as in 'drag?reader=\"llm?model=FOLDER\"'."
    if reader is None:
        raise ConfigError(
            f"The reward 'drag' pays what a reader tells, and there is none. {wanted}"
        )
    made = make_fact_reader(reader)
    if not callable(getattr(made, "log_likelihood", None)):
        raise ConfigError(
            f"The fact reader {named(reader)} cannot tell how likely an answer is. {wanted}"
        )
    return made  # type: ignore[return-value]
