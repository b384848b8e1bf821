import gymnasium
import pytest

from hopgym.benchmarks.speed.workload import (
    ANSWERS,
    NOOP_ID,
    LongSearch,
    SpeedQuestions,
    in_tags,
    make_queries,
    register_noop,
    write_episodes,
)
from hopgym.envs.grammars import Move, make_grammar
from hopgym.errors import ConfigError


def test_episodes_are_readable_by_the_grammar():
    queries = make_queries(8)
    grammar = make_grammar("r3")
    for number, episode in enumerate(write_episodes(queries)):
        moves = [grammar.parse(action, turn) for turn, action in enumerate(episode, 1)]
        assert all(isinstance(move, Move) for move in moves)
        assert [move.kind for move in moves] == ["query", "query", "answer"]
        assert [move.text for move in moves[:2]] == queries[2 * number : 2 * number + 2]
        assert moves[2].text in ANSWERS


def test_peers_read_the_same_at_the_same_length():
    grammar = make_grammar("search_r1")
    for episode in write_episodes(make_queries(20)):
        told = in_tags(episode)
        assert [len(action) for action in told] == [len(action) for action in episode]
        assert [grammar.parse(action, 1).kind for action in told] == ["query", "query", "answer"]
        ours = make_grammar("r3").parse(episode[0], 1).text
        assert grammar.parse(told[0], 1).text == ours


def test_some_answers_are_right_and_some_are_wrong():
    right = [
        question.answers[0] == make_grammar("r3").parse(episode[2], 3).text
        for question in SpeedQuestions().questions("train")[:4]
        for episode in write_episodes(make_queries(8))
    ]
    assert any(right) and not all(right)


def test_questions_are_always_the_same_and_have_one_split():
    questions = SpeedQuestions()
    assert questions.questions("train") == SpeedQuestions().questions("train")
    assert len({question.text for question in questions.questions("train")}) > 1
    with pytest.raises(ConfigError, match="no split 'test'; it has: train"):
        questions.questions("test")


def test_a_long_search_never_repeats_a_document():
    search = LongSearch(700, ["a", "b"])
    hits = search.search(["a", "b"], 3)
    assert len({name for row in hits.ids for name in row}) == 6
    assert {len(document.text) for row in hits.documents for document in row} == {700}
    assert len(search.search(["a"], 2).documents[0]) == 2


def test_the_empty_environment_ends_after_three_steps():
    register_noop()
    register_noop()
    env = gymnasium.make(NOOP_ID)
    text, _ = env.reset(seed=1)
    assert env.observation_space.contains(text)
    assert [env.step("a")[2] for _ in range(3)] == [False, False, True]
