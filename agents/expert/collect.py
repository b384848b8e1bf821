"""Collecting expert trajectories: play, rule, keep the first good episode of each question.

R3-RAG's cold start by rejection sampling (arXiv 2505.23794, 3.2): the first attempt at every
question with seed 0, then others, with other seeds, at those not solved yet. Episodes are played by
the one rollout loop and go into a journal as they end, so that an interrupted run goes on where it
stopped; the raw file is written from it at the end and does not depend on interruptions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from ..base import Agent
from ..rollout import Episode, Job, rollout
from .collection import Collection, Ground
from .journal import Attempt, Journal
from .progress import Reporter, Silent
from .raw import raw_record, write_raw

SUFFIX = ".attempts"
"""The journal is called as the raw file, and this."""

_JUDGED = 64
"""Episodes that a judge is asked about at once."""


class Collected(NamedTuple):
    """What came of a collection."""

    path: Path
    questions: int
    accepted: int
    played: int
    """Episodes of this run."""
    kept: int
    """Attempts that an earlier run had made."""
    errors: int
    left_out: int
    """Questions that also stand in a split for evaluation."""
    first_error: str = ""


def collect(
    collection: Collection,
    out: str | Path,
    *,
    num_envs: int = 16,
    fresh: bool = False,
    reporter: Reporter | None = None,
) -> Collected:
    """Collect into a raw file; call it again to go on after an interruption.

    Args:
        collection: What.
        out: The raw file, JSON lines. Its journal stands beside it.
        num_envs: Episodes side by side. It changes the speed and nothing else.
        fresh: Whether to begin anew.
        reporter: Is told how it goes.

    Raises:
        DataError: If questions also stand in a split for evaluation.
        ResultsError: If the journal is of other conditions, or being written.
    """
    target = Path(out)
    ground = Ground.of(collection)
    journal = Journal(target.with_name(target.name + SUFFIX), ground.conditions, fresh=fresh)
    with journal:
        run = _Run(ground, journal, num_envs, reporter or Silent())
        kept = len(journal.marks) if not fresh else 0
        run.play()
        accepted = write_raw(target, run.records())
    questions = len(ground.questions)
    told = (run.played, kept, run.errors, ground.left_out, run.first_error)
    return Collected(target, questions, accepted, *told)


@dataclass
class _Run:
    """The attempts of one run."""

    ground: Ground
    journal: Journal
    num_envs: int
    reporter: Reporter
    played: int = 0
    first_error: str = ""

    def __post_init__(self) -> None:
        """Make the questions known by their ids."""
        self._questions = {question.id: question for question in self.ground.questions}

    def play(self) -> None:
        """Make the attempts that are left, a round at a time; what failed gets another chance."""
        for number in range(1, self.ground.collection.attempts + 1):
            for _ in range(2):
                if left := self._left(number):
                    self._round(number, left)

    @property
    def errors(self) -> int:
        """How many questions infrastructure kept from being settled."""
        rounds = range(1, self.ground.collection.attempts + 1)
        return len({question_id for number in rounds for question_id in self._left(number)})

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield the raw record of each question that was played, in the questions' order."""
        conditions = self.ground.conditions
        for question in self.ground.questions:
            attempts = self.journal.attempts(question.id, self.ground.collection.attempts)
            if attempts:
                yield raw_record(question, attempts, conditions.info, conditions.env_id)

    def _left(self, number: int) -> list[str]:
        """Return the questions whose earlier attempts were all refused, and that lack this one."""
        marks = self.journal.marks
        return [
            question.id
            for question in self.ground.questions
            if (question.id, number) not in marks
            and all((question.id, n) in marks for n in range(1, number))
            and not self.journal.accepted(question.id, number - 1)
        ]

    def _round(self, number: int, left: Sequence[str]) -> None:
        """Play one attempt at each of these questions."""
        agent = self.ground.agents[number > 1]
        self.reporter.begin(f"{agent.name}, attempt {number}", len(left))
        for episodes in _in_batches(self._episodes(agent, number, left), self._batch):
            for attempt in self._ruled(episodes, number):
                self.journal.append(attempt)
                self.reporter.step(attempt)
                self.played += 1
                self.first_error = self.first_error or attempt.error or ""
        self.reporter.end()

    def _episodes(self, agent: Agent, number: int, left: Sequence[str]) -> Iterator[Episode]:
        seed = number - 1
        return rollout(
            self.ground.env_id,
            agent,
            (Job(question_id, seed) for question_id in left),
            env_kwargs=self.ground.keywords,
            num_envs=min(self.num_envs, len(left)),
            seed=seed,
        )

    def _ruled(self, episodes: Sequence[Episode], number: int) -> Iterator[Attempt]:
        """Rule on episodes; what infrastructure kept from being played has no ruling."""
        played = [episode for episode in episodes if episode.error is None]
        items = [(self._questions[episode.job.question_id], episode) for episode in played]
        for episode, ruling in zip(played, self.ground.acceptance.rule(items), strict=True):
            yield Attempt(
                question_id=episode.job.question_id,
                attempt=number,
                accepted=ruling.accepted,
                reason=ruling.reason,
                error=ruling.error,
                trajectory=episode.trajectory,
            )
        for episode in episodes:
            if episode.error is not None:
                yield Attempt(
                    question_id=episode.job.question_id, attempt=number, error=episode.error
                )

    @property
    def _batch(self) -> int:
        """How many episodes are ruled on at once; without a judge each is kept as it ends."""
        return _JUDGED if self.ground.acceptance.asks_judges else 1


def _in_batches(episodes: Iterator[Episode], size: int) -> Iterator[tuple[Episode, ...]]:
    while batch := tuple(islice(episodes, size)):
        yield batch
