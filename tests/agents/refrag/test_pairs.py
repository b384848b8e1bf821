"""Pairs: a better and a worse episode of one question, as a scorer reads them."""

import pytest

from hopgym.agents.refrag import pairs
from hopgym.agents.refrag.pairs import Marked, Pair, pairs_of, play
from hopgym.agents.rollout import Episode, Job
from hopgym.core import Question, Trajectory
from hopgym.errors import ConfigError, DataError

WORLD = "world?entities=300&train=8&dev=3&test=0&hops=2"


def marked(id, prediction, mark):
    question = Question(id, f"Who is {id}?", ("gold",))
    return Marked(question, Trajectory(id, "e", prediction=prediction, outcome="answered"), mark)


def test_the_better_episode_stands_first_and_equals_make_no_pair() -> None:
    episodes = [
        marked("a", "wrong", 0.0), marked("a", "gold", 1.0), marked("a", "false", 0.0),
        marked("b", "gold", 1.0), marked("b", "gold", 1.0),
    ]  # fmt: skip
    assert pairs_of(episodes) == [
        Pair("Question: Who is a?\nAnswer: gold", "Question: Who is a?\nAnswer: wrong"),
        Pair("Question: Who is a?\nAnswer: gold", "Question: Who is a?\nAnswer: false"),
    ]


def test_a_question_gives_so_many_pairs_at_most() -> None:
    episodes = [marked("a", str(n), float(n)) for n in range(6)]
    few = pairs_of(episodes, most=3, seed=1)
    assert len(few) == 3 and few == pairs_of(episodes, most=3, seed=1)
    assert len(pairs_of(episodes, most=99)) == 15


def test_agents_play_the_same_questions() -> None:
    kwargs = {"hops": 2, "top_k": 2, "generator": "agent", "reward": "f1"}
    agents = ["hopgym.agents.refrag.teacher:RecursiveTeacher", "single_shot"]
    episodes = play(agents, WORLD, "train", env_kwargs=kwargs, episodes=6)
    assert len(episodes) == 12 and len({each.question.id for each in episodes}) == 6
    better = sum(each.mark for each in episodes[:6])
    assert better > sum(each.mark for each in episodes[6:])
    with pytest.raises(ConfigError, match="no metric 'good'; the environment tells: reward, "):
        play(agents, WORLD, "train", env_kwargs=kwargs, episodes=1, metric="good")


def test_where_nothing_could_be_played_it_is_said_why(monkeypatch) -> None:
    failed = Episode(Job("a"), None, 0.0, {}, {}, 0.0, "RetrievalError: no server")
    monkeypatch.setattr(pairs, "rollout", lambda *args, **kw: [failed])
    with pytest.raises(DataError, match=r"No episode could be played\. RetrievalError: no server"):
        play(["single_shot"], WORLD, "train", episodes=1)
