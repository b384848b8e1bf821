"""Episodes of one stage, stepped together: one search for all their queries, one reward call for all.

`open_all` and `play` fail as a whole; `play_apart` lets a failure cost its own episode alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import gymnasium

from ..core import Score
from ..errors import EnvError, HopgymError, RetrievalError, RewardError, broken_env
from ..rewards.base import ask_many
from .episode import Episode, Query, Row

Asking = Sequence[tuple[Episode, Sequence[Query]]]
Waiting = Sequence[tuple[int, Sequence[Query]]]


@contextmanager
def kept(episodes: Iterable[Episode]) -> Iterator[None]:
    """Have episodes stand where they stood, should anything fail."""
    before = [(episode, episode.snapshot()) for episode in episodes]
    try:
        yield
    except BaseException:
        for episode, state in before:
            episode.restore(state)
        raise


def open_all(stage: Any, episodes: Iterable[Episode]) -> None:
    """Have answered what episodes ask before their first turn, all of them at once.

    Raises:
        RetrievalError: If the retriever failed.
    """
    asking = [(each, queries) for each in episodes if (queries := each.first_queries())]
    _answer(stage, asking, lambda episode, rows: episode.take_first(rows))


def play(stage: Any, episodes: Sequence[Episode], actions: Sequence[Any]) -> None:
    """Step episodes; the caller takes back what failed.

    Raises:
        RetrievalError: If the retriever failed.
        RewardError: If a reward could not score a step.
    """
    asking = [(e, e.act(action)) for e, action in zip(episodes, actions, strict=True)]
    _answer(stage, asking, lambda episode, rows: episode.receive(rows))
    for episode, score in zip(episodes, _scores(episodes), strict=True):
        episode.settle(score)


def play_apart(
    stage: Any, episodes: Mapping[int, Episode], actions: Sequence[Any], env: str
) -> dict[int, HopgymError]:
    """Step episodes; one that failed stands where it stood.

    Args:
        stage: Theirs.
        episodes: By their numbers.
        actions: One for each, in their order.
        env: What the environment is called where its own code breaks.

    Returns:
        Why it failed, for each that did.
    """
    before = {i: episode.snapshot() for i, episode in episodes.items()}
    steps = _Apart(stage, episodes, env)
    undone: Collection[int] = before
    try:
        steps.play(actions)
        undone = steps.failed
    finally:
        for i in undone:
            episodes[i].restore(before[i])
    return steps.failed


class _Apart:
    """Steps episodes, and collects what failed."""

    def __init__(self, stage: Any, episodes: Mapping[int, Episode], env: str) -> None:
        self.failed: dict[int, HopgymError] = {}
        self._stage = stage
        self._episodes = episodes
        self._env = env

    def play(self, actions: Sequence[Any]) -> None:
        begun = [
            (i, self._own(i, episode.act, action))
            for (i, episode), action in zip(self._episodes.items(), actions, strict=True)
        ]
        waiting: Waiting = [(i, queries) for i, queries in begun if i not in self.failed]
        while waiting:
            asked = [
                (i, self._own(i, self._episodes[i].receive, rows))
                for i, rows in self._answered(waiting)
            ]
            waiting = [(i, queries) for i, queries in asked if queries]
        self._settle([i for i in self._episodes if i not in self.failed])

    def _own(
        self, index: int, call: Callable[[Any], Sequence[Query]], given: Any
    ) -> Sequence[Query]:
        """Return what an episode asks; what fails or breaks in it is its own loss."""
        try:
            return call(given)
        except (RetrievalError, EnvError) as error:
            self.failed[index] = error
        except (HopgymError, gymnasium.error.Error):
            raise
        except Exception as error:  # code of anyone's episode, which may raise anything
            self.failed[index] = broken_env(self._env, error)
        return ()

    def _answered(self, waiting: Waiting) -> list[tuple[int, list[Row]]]:
        """Answer the queries of all episodes; where one failed, its episode has."""
        queries = [query for _, asked in waiting for query in asked]
        answers = iter(self._stage.search_each(queries) if queries else [])
        answered = []
        for i, asked in waiting:
            own = [next(answers) for _ in asked]
            error = next((answer for answer in own if isinstance(answer, HopgymError)), None)
            if error is None:
                answered.append((i, cast("list[Row]", own)))
            else:
                self.failed[i] = error
        return answered

    def _settle(self, closed: Sequence[int]) -> None:
        scores = _scores([self._episodes[i] for i in closed])
        for i, score in zip(closed, scores, strict=True):
            try:
                self._episodes[i].settle(score)
            except RewardError as error:
                self.failed[i] = error


def _answer(
    stage: Any, asking: Asking, take: Callable[[Episode, list[Row]], Sequence[Query]]
) -> None:
    """Search for all episodes at once, as long as one of them asks for more."""
    while asking:
        queries = [query for _, own in asking for query in own]
        rows = iter(stage.search(queries) if queries else [])
        asking = [
            (episode, more)
            for episode, own in asking
            if (more := take(episode, [next(rows) for _ in own]))
        ]


def _scores(episodes: Sequence[Episode]) -> list[Score | RewardError]:
    """Have the steps just closed scored, in one call for all that share a reward."""
    scores: dict[int, Score | RewardError] = {}
    for reward in {id(episode.reward): episode.reward for episode in episodes}.values():
        own = [n for n, episode in enumerate(episodes) if episode.reward is reward]
        asked = ask_many(reward, [episodes[n].to_score for n in own])
        scores.update(zip(own, asked, strict=True))
    return [scores[n] for n in range(len(episodes))]
