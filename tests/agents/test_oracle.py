import pytest
from playing import em_by, moves, play
from toy import QUESTIONS, toy_kwargs

from hopgym.agents import make_agent
from hopgym.agents.rollout import Job, rollout
from hopgym.errors import AgentError


def test_it_is_right_on_every_kind_and_number_of_hops():
    episodes = play("oracle")
    slots = em_by(episodes, lambda q: (q.type, len(q.hops)))
    assert len(slots) == 20 and set(slots.values()) == {1.0}
    recall = [episode.metrics["gold_recall"] for episode in episodes]
    assert sum(recall) / len(recall) > 0.9  # near-duplicates crowd out some gold documents


def test_it_asks_the_gold_hops_in_order():
    (episode,) = rollout(
        "hopgym/SearchRead-v0", make_agent("oracle"), [Job("q1")], env_kwargs=toy_kwargs()
    )
    queries = [("query", hop.query) for hop in QUESTIONS[0].hops]
    assert moves(episode) == [*queries, ("answer", "Tessa")]


def test_without_hops_it_searches_the_gold_titles():
    (episode,) = rollout(
        "hopgym/SearchRead-v0", make_agent("oracle"), [Job("q2")], env_kwargs=toy_kwargs()
    )
    assert moves(episode) == [("query", "Vel"), ("answer", "Ada Orm")]


def test_it_keeps_the_last_turn_for_the_answer():
    for episode in play("oracle", limit=20, max_steps=2):
        assert [kind for kind, _ in moves(episode)] == ["query", "answer"]


def test_unbound_it_says_so():
    agent = make_agent("oracle")
    info = {"question_id": "q1", "question": "?", "grammar": "r3", "turn": 1, "remaining": 2}
    with pytest.raises(AgentError, match=r"does not know question 'q1': call bind\(env\) first"):
        agent.act([""], [info])
