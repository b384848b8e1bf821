"""One episode as a state machine without any I/O.

An episode takes an action (`act`), says which queries it needs answered, takes the hits
(`receive`), and then has a `result`. It never calls a retriever itself: the single and the vector environment do, so that the
queries of many episodes go out as one batch. An environment is a subclass of `Episode`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..core import Author, Document, Hit, Outcome, Question, Score, Span, Step, Trajectory
from ..errors import ConfigError, EpisodeError, RewardError
from ..rewards import episode_metrics
from ..rewards.base import Reward

TOLERANCE = 1e-6
"""By how much a reward's terms may miss its value."""

Row = Sequence[tuple[Document, float]]
"""The hits of one query, best first."""


class Result(NamedTuple):
    """What Gymnasium's `step` returns."""

    observation: str
    reward: float
    terminated: bool
    truncated: bool
    info: dict[str, Any]


class Episode(ABC):
    """The state of one episode; subclasses give it rules.

    A subclass writes with `write`, and ends each action with `finish`.
    """

    def __init__(self, question: Question, env_id: str, seed: int | None, reward: Reward) -> None:
        self.question = question
        self.env_id = env_id
        self.seed = seed
        self.reward = reward
        self.text = ""
        self.spans: list[Span] = []
        self.steps: list[Step] = []
        self.outcome: Outcome = "running"
        self.prediction: str | None = None
        self.printed = 0  # characters that rendering has shown

    @abstractmethod
    def act(self, action: Any) -> Sequence[str]:
        """Take an action; return the queries that it needs answered.

        Nothing that can be seen changes yet: should the retriever fail, the same action can be
        taken again.
        """

    @abstractmethod
    def receive(self, rows: Sequence[Row]) -> Sequence[str]:
        """Take the hits of the queries (none, if there were no queries) and go on.

        Returns:
            Further queries, or none: then the step is finished.
        """

    @abstractmethod
    def public_info(self) -> dict[str, Any]:
        """Return the info that every call carries. No gold in here."""

    @property
    def over(self) -> bool:
        """Whether the episode has ended."""
        return self.outcome != "running"

    def check_running(self) -> None:
        """Refuse an action after the end.

        Raises:
            EpisodeError: If the episode is over.
        """
        if self.over:
            raise EpisodeError(f"The episode is over ({self.outcome}). Call reset() before step().")

    def write(self, text: str, author: Author) -> None:
        """Append to the transcript, keeping the spans without gaps."""
        if not text:
            return
        start = len(self.text)
        self.text += text
        if self.spans and self.spans[-1].author == author:
            start = self.spans.pop().start
        self.spans.append(Span(start, len(self.text), author))

    def write_turn(self, before: str, action: str, after: str) -> None:
        """Append an accepted action between two texts of the environment, at one stroke."""
        spans, start = self.spans, len(self.text)
        self.text = f"{self.text}{before}{action}{after}"
        begun = start + len(before)
        ended = begun + len(action)
        if before:  # the last span is the environment's: its opening or its last reply
            spans[-1] = Span(spans[-1].start, begun, "env")
        spans.append(Span(begun, ended, "agent"))
        if after:
            spans.append(Span(ended, ended + len(after), "env"))

    def trajectory(self) -> Trajectory:
        """Return the episode so far, as a record."""
        return Trajectory(
            self.question.id,
            self.env_id,
            self.seed,
            tuple(self.steps),
            self.prediction,
            tuple(self.spans),
            self.text,
            self.outcome,
        )

    def finish(
        self,
        action: Any,
        parsed: Mapping[str, Any],
        observation: str,
        *,
        queries: tuple[str, ...] = (),
        hits: tuple[Hit, ...] = (),
        parse_error: str | None = None,
    ) -> None:
        """Close the step: record it, score it, and keep its result for `result`.

        Raises:
            RewardError: If the reward could not score it. An unscored step is never a zero.
        """
        # The terms are filled in below: the reward needs the step, and the step the terms.
        terms: dict[str, float] = {}
        index = len(self.steps) + 1
        self.steps.append(
            Step(index, action, parsed, observation, queries, hits, terms, parse_error)
        )
        trajectory = self.trajectory()
        score = check_score(self.reward(self.question, trajectory))
        if score.unscored:
            raise RewardError(f"Step {index} of {self.question.id} is unscored: {score.reason}")
        terms.update(score.terms or {"reward": score.value})
        self._result = Result(
            self.text,
            float(score.value),
            self.outcome in ("answered", "malformed"),
            self.outcome == "out_of_steps",
            self._info(trajectory),
        )

    def result(self) -> Result:
        """Return the result of the last finished step."""
        return self._result

    def _info(self, trajectory: Trajectory) -> dict[str, Any]:
        step = trajectory.steps[-1]
        info = {
            **self.public_info(),
            "reward_terms": dict(step.reward_terms),
            "parse_error": step.parse_error,
            "queries": step.queries,
            "document_ids": tuple([hit.document_id for hit in step.hits if hit.new]),
            "new_text": step.observation,
        }
        if self.over:
            info["prediction"] = self.prediction
            info["answers"] = self.question.answers
            info["metrics"] = episode_metrics(self.question, trajectory)
            info["trajectory"] = trajectory
        return info


def check_score(score: Any) -> Score:
    """Refuse what is no score, and terms that do not add up to the value.

    Raises:
        ConfigError: If the reward function is at fault.
    """
    if not isinstance(score, Score):
        raise ConfigError(
            f"The reward returned a {type(score).__name__}; return a Score(value, terms)."
        )
    if score.terms and abs(sum(score.terms.values()) - score.value) > TOLERANCE:
        raise ConfigError(
            f"The reward's terms {dict(score.terms)} do not add up to its value, {score.value}."
        )
    return score
