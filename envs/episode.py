"""One episode as a state machine without any I/O.

An episode takes an action (`act`), says which queries it needs answered, takes the hits
(`receive`) and the score of the step (`settle`), and then has a `result`. It calls neither a
retriever nor a reward itself: the single and the vector environment do, so that the queries of
many episodes go out as one batch, and so do their scores. An environment is a subclass of
`Episode`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from ..core import Author, Document, Hit, Outcome, Question, Score, Span, Step, Trajectory
from ..errors import ConfigError, EpisodeError, RewardError, named
from ..rewards import episode_metrics
from ..rewards.base import Item, Reward

TOLERANCE = 1e-6
"""By how much a reward's terms may miss its value."""

Row = Sequence[tuple[Document, float]]
"""The hits of one query, best first."""

Query = Any
"""What the environment's stage answers: a text, or a text for one of several sources."""


class Result(NamedTuple):
    """What Gymnasium's `step` returns."""

    observation: str
    reward: float
    terminated: bool
    truncated: bool
    info: dict[str, Any]


class Episode(ABC):
    """The state of one episode; subclasses give it rules.

    A subclass writes with `write`, and ends each action with `finish`. It replaces the values of
    its attributes and never changes them in place, so that `snapshot` and `restore` can take a
    failed step back.
    """

    def __init__(self, question: Question, env_id: str, seed: int | None, reward: Reward) -> None:
        self.question = question
        self.env_id = env_id
        self.seed = seed
        self.reward = reward
        self.text = ""
        self.spans: tuple[Span, ...] = ()
        self.steps: tuple[Step, ...] = ()
        self.outcome: Outcome = "running"
        self.prediction: str | None = None
        self.printed = 0  # characters that rendering has shown

    def first_queries(self) -> Sequence[Query]:
        """Return the queries that the episode needs answered before its first turn: none, usually."""
        return ()

    def take_first(self, rows: Sequence[Row]) -> Sequence[Query]:
        """Take the hits of the first queries.

        Returns:
            Further queries, or none: then the episode has begun.
        """
        return ()

    @abstractmethod
    def act(self, action: Any) -> Sequence[Query]:
        """Take an action; return the queries that it needs answered.

        Nothing that can be seen changes yet: should the retriever fail, the same action can be
        taken again.
        """

    @abstractmethod
    def receive(self, rows: Sequence[Row]) -> Sequence[Query]:
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

    def snapshot(self) -> dict[str, Any]:
        """Return the state, for `restore`."""
        return self.__dict__.copy()

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a snapshot: a step that failed has not been."""
        self.__dict__ = state

    def for_eyes(self, text: str) -> str:
        """Return a part of the transcript as a person should see it; as it is, by default."""
        return text

    def write(self, text: str, author: Author) -> None:
        """Append to the transcript, keeping the spans without gaps."""
        if not text:
            return
        start, before = len(self.text), self.spans
        self.text += text
        if before and before[-1].author == author:
            start, before = before[-1].start, before[:-1]
        self.spans = (*before, Span(start, len(self.text), author))

    def write_turn(self, before: str, action: str, after: str) -> None:
        """Append an accepted action between two texts of the environment, at one stroke."""
        start, spans = len(self.text), self.spans
        self.text = f"{self.text}{before}{action}{after}"
        begun = start + len(before)
        ended = begun + len(action)
        if before:  # the last span is the environment's: its opening or its last reply
            spans = (*spans[:-1], Span(spans[-1].start, begun, "env"))
        said = Span(begun, ended, "agent")
        reply = (Span(ended, ended + len(after), "env"),) if after else ()
        self.spans = (*spans, said, *reply)

    def trajectory(self) -> Trajectory:
        """Return the episode so far, as a record."""
        return Trajectory(
            self.question.id,
            self.env_id,
            self.seed,
            self.steps,
            self.prediction,
            self.spans,
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
        """Close the step: record it. The environment has it scored and hands the score over."""
        # The terms are filled in by `settle`: the reward needs the step, and the step the terms.
        terms: dict[str, float] = {}
        index, end = len(self.steps) + 1, len(self.text)
        step = Step(index, action, parsed, observation, queries, hits, terms, parse_error, end)
        self.steps = (*self.steps, step)
        self._played = self.trajectory()

    @property
    def to_score(self) -> Item:
        """What the reward is asked about: the question, and the episode up to this step."""
        return self.question, self._played

    def settle(self, score: Score | RewardError) -> None:
        """Take the score of the step just closed, and keep the step's result for `result`.

        Raises:
            RewardError: If the reward could not score it.
            ConfigError: If the reward function returned something else than a sound score.
        """
        if isinstance(score, RewardError):
            raise score
        step = self.steps[-1]
        check_score(score, self.reward, f"step {step.index} of question {self.question.id!r}")
        terms = cast("dict[str, float]", step.reward_terms)
        terms.update({name: float(value) for name, value in score.terms.items()})
        if not terms:
            terms["reward"] = float(score.value)
        self._reason = score.reason
        self._result = Result(
            self.text,
            float(score.value),
            self.outcome in ("answered", "malformed"),
            self.outcome == "out_of_steps",
            self._info(self._played),
        )

    def result(self) -> Result:
        """Return the result of the last finished step."""
        return self._result

    def metrics(self, trajectory: Trajectory) -> dict[str, float]:
        """Return what is reported of the finished episode."""
        return episode_metrics(self.question, trajectory)

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
            info["metrics"] = self.metrics(trajectory)
            info["reward_reason"] = self._reason  # a judge may quote the gold: not before
            info["trajectory"] = trajectory
        return info


def check_score(score: Any, reward: Any, where: str) -> None:
    """Refuse what is no score, and terms that do not add up to the value.

    Args:
        score: What the reward returned.
        reward: The reward, which messages name.
        where: Which step was to be scored.

    Raises:
        RewardError: If there is no verdict. An unscored step is never a zero.
        ConfigError: If the reward function is at fault.
    """
    if not isinstance(score, Score):
        raise ConfigError(
            f"The reward {named(reward)} returned a {type(score).__name__}; "
            "return a Score(value, terms)."
        )
    if score.unscored:
        reason = (score.reason or "it gave no reason").rstrip(".")
        raise RewardError(
            f"The reward {named(reward)} left {where} unscored: {reason}. Nothing has moved: the "
            "same action may be taken again."
        )
    try:
        finite = math.isfinite(score.value)
        adds_up = not score.terms or abs(sum(score.terms.values()) - score.value) <= TOLERANCE
    except (TypeError, AttributeError):
        raise ConfigError(
            f"The reward {named(reward)} returned {score!r:.200}; the value must be a number, and "
            "the terms must be numbers by name."
        ) from None
    if not finite:
        raise RewardError(
            f"The reward {named(reward)} gave {where} {score.value}, which is no finite number."
        )
    if not adds_up:
        raise ConfigError(
            f"The terms {dict(score.terms)} of the reward {named(reward)} do not add up to its "
            f"value, {score.value}."
        )
