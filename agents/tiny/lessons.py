"""Lessons: texts of the teacher as tokens, with what to predict and how much each token counts.

Worlds never come twice, so that no name and no fact is worth knowing by heart. Lessons of one world
are sorted by length into batches of about as many tokens, and the batches drawn in random order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...core import Question, Trajectory
from ...envs.datasets.world import World
from ...retrieval import make_retriever
from ...seeding import rng_for
from ..llm.codec import TextCodec
from ..rollout import Episode, Job, rollout
from .exercises import Reading, compare
from .teacher import TeacherAgent

ENV_WEIGHT = 0.1
"""What a token of the environment counts, where one of the teacher's counts 1."""
_ENV_ID = "hopgym/SearchRead-v0"
_PER_WORLD = 384
_NUMBERS = 0.2
"""The share of exercises in comparing numbers; the others are exercises in reading."""
_COMPARISONS = 8
_GRAIN = 16
_ENTITIES = (250, 900)


class Lesson(NamedTuple):
    """One sequence."""

    inputs: list[int]
    targets: list[int]
    """What follows each input."""
    weights: list[float]


class Lessons:
    """The batches of one world after the other, as many worlds as are asked for.

    Args:
        tokenizer: The policy's.
        seed: Which worlds.
        batch_tokens: Tokens of a batch, padding included.
    """

    def __init__(self, tokenizer: Any, seed: int, batch_tokens: int) -> None:
        self.codec = TextCodec(tokenizer)
        self.end = int(tokenizer.eos_token_id)
        self.seed = seed
        self.batch_tokens = batch_tokens

    def batches(self, number: int, episodes: float) -> Iterator[list[Lesson]]:
        """Yield the batches of a world.

        Args:
            number: Which world, from 0.
            episodes: The share of lessons that are whole episodes, the others being exercises.
        """
        rng = rng_for(self.seed, "tiny", number)
        world = World(
            seed=int(rng.integers(2**31)),
            entities=int(rng.integers(*_ENTITIES)),
            hops="1-2",
            train=_PER_WORLD,
        )
        top_k = int(rng.integers(2, 4))
        played = round(_PER_WORLD * episodes)
        lessons = [*self._episodes(world, top_k, played, rng)]
        lessons += self._exercises(world, top_k, _PER_WORLD - played, rng)
        batches = _batches(lessons, self.batch_tokens)
        return (batches[place] for place in rng.permutation(len(batches)).tolist())

    def _exercises(
        self, world: World, top_k: int, count: int, rng: np.random.Generator
    ) -> Iterator[Lesson]:
        numbers = round(count * _NUMBERS)
        for _ in range(numbers):
            yield self._lesson(_drill(compare(rng, _COMPARISONS)), kept=False)
        if count > numbers:
            reading = Reading(world, make_retriever("bm25", world.documents))
            for shown, step in reading.draw(rng, count - numbers, top_k):
                yield self._lesson([("env", f"{shown}\n"), ("agent", step)], kept=False)

    def _episodes(
        self, world: World, top_k: int, count: int, rng: np.random.Generator
    ) -> Iterator[Lesson]:
        if not count:
            return
        gold = {question.id: question for question in world.questions("train")[:count]}
        for episode in play(world, "train", list(gold), TeacherAgent(), top_k=top_k):
            if episode.trajectory is not None and _is_sound(gold, episode):
                yield self._lesson(_pieces(episode.trajectory), kept=bool(rng.integers(2)))

    def _lesson(self, pieces: Sequence[tuple[str, str]], *, kept: bool) -> Lesson:
        """Make a lesson of who wrote what.

        Args:
            pieces: Author and text; what a `drill` says counts as the agent's and ends no turn.
            kept: Whether the end tokens stay in what is read (as where sampled tokens are kept) or
                are predicted only (as where the transcript is read anew each turn).
        """
        stream: list[int] = []
        weights: list[float] = []
        ends = []
        for author, text in pieces:
            ids = self.codec.encode(text)
            stream += ids
            weights += [ENV_WEIGHT if author == "env" else 1.0] * len(ids)
            if author == "agent":
                ends.append(len(stream) - 1)
                if kept:
                    stream.append(self.end)
                    weights.append(1.0)
        targets = [*stream[1:], self.end]
        weights = [*weights[1:], 1.0]
        for place in ends:
            targets[place] = self.end
            weights[place] = 1.0
        keep = len(stream) - kept  # nothing follows the last end
        return Lesson(stream[:keep], targets[:keep], weights[:keep])


def padded(length: int) -> int:
    """Return the length that a row is filled up to: few shapes are quicker than many.

    >>> padded(17), padded(32)
    (32, 32)
    """
    return -(-length // _GRAIN) * _GRAIN


def play(world: World, split: str, ids: Sequence[str], agent: Any, **env: Any) -> Iterator[Episode]:
    """Let an agent play questions of a world."""
    kwargs = {"questions": world, "split": split, **env}
    jobs = [Job(id) for id in ids]
    return rollout(_ENV_ID, agent, jobs, env_kwargs=kwargs, num_envs=64)


def _drill(asked: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Make pieces of exercises: the numbers are random, and only the one to pick can be learnt."""
    pieces = [piece for given, picked in asked for piece in (("env", given), ("drill", picked))]
    return [("env", "\n"), *pieces]


def _pieces(trajectory: Trajectory) -> list[tuple[str, str]]:
    return [(s.author, trajectory.transcript[s.start : s.end]) for s in trajectory.spans]


def _is_sound(gold: Mapping[str, Question], episode: Episode) -> bool:
    """Return whether the teacher can have known what it said from what it was shown."""
    assert episode.trajectory is not None
    question = gold[episode.job.question_id]
    shown = {hit.document_id for step in episode.trajectory.steps for hit in step.hits}
    if question.type == "intersection":
        return bool(episode.metrics["answer_seen"])
    return shown.issuperset(question.document_ids)


def _batches(lessons: list[Lesson], tokens: int) -> list[list[Lesson]]:
    """Put lessons of like length together, as many as there is room for."""
    batches: list[list[Lesson]] = [[]]
    for lesson in sorted(lessons, key=lambda lesson: len(lesson.inputs)):
        if batches[-1] and padded(len(lesson.inputs)) * (len(batches[-1]) + 1) > tokens:
            batches.append([])
        batches[-1].append(lesson)
    return batches
