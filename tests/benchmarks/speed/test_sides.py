import pytest

from hopgym.benchmarks.speed.sides import (
    POOL,
    action_batches,
    async_sides,
    bm25_sides,
    long_sides,
    null_sides,
    play_single,
    play_vector,
    query_batches,
)
from hopgym.benchmarks.speed.workload import make_queries, write_episodes
from hopgym.envs.grammars import make_grammar


def played(sides):
    """Play one round of each side."""
    sides = list(sides)
    try:
        for side in sides:
            side.play_round()
    finally:
        for side in sides:
            side.close()
    return [side.rows[0] for side in sides]


def test_every_null_side_plays_the_same_steps():
    rows = played(null_sides([1, 8]))
    assert [row.label.envs for row in rows] == [1, 1, 1, 8]
    assert {row.label.search for row in rows} == {"null"}
    assert {row.costs[0].steps for row in rows} == {POOL // 2 * 3}


def test_the_bm25_sides_answer_the_same_queries():
    rows = played(bm25_sides(60, [4]))
    assert [row.label.name for row in rows] == [
        "SearchRead",
        "SearchRead, native vector",
        "BM25Retriever",
        "bm25s",
    ]
    assert [row.costs[0].steps for row in rows] == [POOL // 2 * 3] * 2 + [POOL] * 2
    assert [row.label.search for row in rows] == ["BM25 60"] * 2 + ["BM25 60 queries"] * 2


def test_queries_are_batched_as_the_vector_env_asks_them():
    queries = make_queries(12)
    grammar = make_grammar("r3")
    asked = [
        [grammar.parse(action, turn).text for action in actions]
        for batch in action_batches(write_episodes(queries), 3)
        for turn, actions in enumerate(batch[:2], 1)
    ]
    assert asked == query_batches(queries, 3)


def test_groups_are_filled_up_from_the_start():
    assert action_batches([("a",), ("b",), ("c",)], 2) == [[("a", "b")], [("c", "a")]]


@pytest.mark.parametrize("target", [2_000, 8_000, 32_000])
def test_transcripts_grow_to_the_length_asked_for(target):
    (row,) = played(long_sides([target]))
    assert row.label.chars == pytest.approx(target, rel=0.1)
    assert row.costs[0].steps == 6


def test_async_sides_count_no_cpu_and_end_their_processes():
    rows = played(async_sides())
    assert [row.label.in_process for row in rows] == [False] * 3
    assert {row.costs[0].steps for row in rows} == {96}


class Endless:
    """An environment that never ends an episode."""

    def reset(self, **_):
        return "", {}

    def step(self, actions):
        return "", 0.0, self.over, False, {}


def test_an_episode_that_does_not_end_is_refused():
    env, episodes = Endless(), write_episodes(make_queries(4))
    env.over = False
    with pytest.raises(RuntimeError, match="did not end with its answer"):
        play_single(env, episodes)()


def test_a_batch_that_does_not_end_is_refused():
    import numpy as np

    env, episodes = Endless(), write_episodes(make_queries(4))
    env.over = np.array([True, False])
    with pytest.raises(RuntimeError, match="did not end with its answer"):
        play_vector(env, episodes, 2)()
