"""The sides of the speed benchmark that play in this process: Gymnasium's, ours and bare bm25s.

A play is one pass over the same episodes, whatever the number of sub-environments, so that all
sides answer the same queries. Actions are laid out before any clock runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import gymnasium
from gymnasium.vector import AsyncVectorEnv, AutoresetMode

from ...core import Document
from ...envs.search_read import ENV_ID, SearchReadEnv
from ...retrieval.bm25 import BM25Retriever
from .bm25 import K, bare_library, make_texts
from .peers import Play
from .rounds import Label, Side
from .workload import (
    NOOP_ID,
    Episode,
    LongSearch,
    NoOpText,
    SpeedQuestions,
    make_queries,
    register_noop,
    write_episode,
    write_episodes,
)

POOL = 512
"""Queries in a pass: two for each of 256 episodes."""
ASYNC_ENVS = 8
NULL = "null"


def bm25_group(size: int) -> str:
    """What the rows over a corpus of some size are grouped under."""
    return f"BM25 {size:,}"


def null_sides(num_envs: Sequence[int]) -> Iterator[Side]:
    """Bare Gymnasium, and ours with a search that finds nothing."""
    episodes = write_episodes(make_queries(POOL))
    register_noop()
    yield Side(Label("Gymnasium, no-op text env"), play_single(gymnasium.make(NOOP_ID), episodes))
    yield Side(Label("SearchRead"), play_single(_make("empty"), episodes))
    for count in num_envs:
        play = play_vector(_make_vec("empty", count), episodes, count)
        yield Side(Label("SearchRead, native vector", NULL, count), play)


def bm25_sides(size: int, num_envs: Sequence[int]) -> Iterator[Side]:
    """Ours over a corpus, then its retriever alone and bare bm25s, fed the same batches.

    The last two count queries for steps. From the second pass on, the documents that are shown
    have been wrapped before and come from the grammar's cache.
    """
    texts = make_texts("documents", size, words=40)
    ours = BM25Retriever([Document(f"{n:07}", "", text) for n, text in enumerate(texts)])
    bare = bare_library(ours, texts)
    queries, group = make_queries(POOL), bm25_group(size)
    episodes = write_episodes(queries)
    yield Side(Label("SearchRead", group), play_single(_make(ours), episodes))
    for count in num_envs:
        batches = query_batches(queries, count)
        play = play_vector(_make_vec(ours, count), episodes, count)
        yield Side(Label("SearchRead, native vector", group, count), play)
        alone = play_queries(lambda batch: ours.search(batch, K), batches)
        yield Side(Label("BM25Retriever", f"{group} queries", count), alone)
        yield Side(Label("bm25s", f"{group} queries", count), play_queries(bare, batches))


def long_sides(transcripts: Sequence[int], turns: int = 5) -> Iterator[Side]:
    """Ours with transcripts that grow to some length: five queries, fifteen documents."""
    queries = make_queries(turns)
    episode = write_episode(queries, "Tessa")
    for target in transcripts:
        room = target - sum(map(len, episode)) - 100
        chars = max(1, room // (turns * K))
        env = _make(LongSearch(chars, queries, K), max_steps=turns + 1, max_document_chars=chars)
        length = _final_length(env, episode)
        label = Label("SearchRead", "long documents", chars=length)
        yield Side(label, play_single(env, [episode]))


def async_sides() -> Iterator[Side]:
    """Eight environments in processes of their own, with Gymnasium's async vector env."""
    episodes = write_episodes(make_queries(8 * ASYNC_ENVS))
    ours = partial(SearchReadEnv, questions=SpeedQuestions(), retriever="empty")
    sides: list[tuple[str, Callable[[], Any], bool]] = [
        ("Gymnasium async, Text(20,000), shared memory", NoOpText, True),
        ("Gymnasium async, Text(20,000), pipes", NoOpText, False),
        ("SearchRead in Gymnasium async, pipes", ours, False),
    ]
    for name, make, shared in sides:
        env = AsyncVectorEnv(
            [make] * ASYNC_ENVS, shared_memory=shared, autoreset_mode=AutoresetMode.SAME_STEP
        )
        label = Label(name, NULL, ASYNC_ENVS, in_process=False)
        yield Side(label, play_vector(env, episodes, ASYNC_ENVS), env.close)


def play_single(env: Any, episodes: Sequence[Episode]) -> Play:
    """Play every episode in one environment."""

    def play() -> int:
        steps = 0
        for episode in episodes:
            env.reset()
            for action in episode:
                over = env.step(action)[2]
            if not over:
                raise RuntimeError("An episode did not end with its answer.")
            steps += len(episode)
        return steps

    return play


def play_vector(env: Any, episodes: Sequence[Episode], count: int) -> Play:
    """Play every episode in a vector env of `count` that resets by itself in the same step."""
    batches = action_batches(episodes, count)
    env.reset(seed=0)

    def play() -> int:
        for batch in batches:
            for actions in batch:
                over = env.step(actions)[2]
            if not over.all():
                raise RuntimeError("An episode did not end with its answer.")
        return count * sum(len(batch) for batch in batches)

    return play


def play_queries(search: Callable[[list[str]], Any], batches: Sequence[list[str]]) -> Play:
    """Search batch by batch; queries count for steps."""

    def play() -> int:
        for batch in batches:
            search(batch)
        return sum(map(len, batches))

    return play


def action_batches(episodes: Sequence[Episode], count: int) -> list[list[Episode]]:
    """Lay episodes out as the actions of `count` sub-environments, step by step.

    >>> action_batches([("a", "b"), ("c", "d")], 2)
    [[('a', 'c'), ('b', 'd')]]
    """
    groups = [
        [episodes[(start + place) % len(episodes)] for place in range(count)]
        for start in range(0, len(episodes), count)
    ]
    return [list(zip(*group, strict=True)) for group in groups]


def query_batches(queries: Sequence[str], count: int, each: int = 2) -> list[list[str]]:
    """Batch queries just as `count` sub-environments ask them.

    >>> query_batches(["a", "b", "c", "d"], 2)
    [['a', 'c'], ['b', 'd']]
    """
    starts = range(0, len(queries) - each + 1, each)
    asked = [tuple(queries[n : n + each]) for n in starts]
    return [list(step) for batch in action_batches(asked, count) for step in batch]


def _make(retriever: Any, **keywords: Any) -> Any:
    return gymnasium.make(ENV_ID, questions=SpeedQuestions(), retriever=retriever, **keywords)


def _make_vec(retriever: Any, count: int) -> Any:
    return gymnasium.make_vec(
        ENV_ID,
        num_envs=count,
        questions=SpeedQuestions(),
        retriever=retriever,
        autoreset_mode="SameStep",
    )


def _final_length(env: Any, episode: Episode) -> int:
    env.reset(options={"index": 0})
    for action in episode:
        text = env.step(action)[0]
    return len(text)
