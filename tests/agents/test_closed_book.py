import gymnasium
from playing import DAG, kinds, mean_em, moves, plans, play
from toy import toy_kwargs

from hopgym.agents import make_agent


def test_it_never_searches_and_hardly_scores():
    episodes = play("closed_book", "world", limit=500)
    assert all([kind for kind, _ in moves(episode)] == ["answer"] for episode in episodes)
    assert mean_em(episodes) < 0.05


def test_it_guesses_the_commonest_answer_to_such_questions():
    agent = make_agent("closed_book")
    agent._prior = {(): "yes", ("who",): "Ada"}
    info = {"question_id": "q", "grammar": "r3", "turn": 1, "remaining": 2}
    first, second = agent.act(
        ["", ""], [{**info, "question": "Who is it?"}, {**info, "question": "Is it?"}]
    )
    assert first.endswith("Ada") and second.endswith("yes")


def test_it_does_not_peek_when_the_train_split_is_played():
    agent = make_agent("closed_book")
    env = gymnasium.make("hopgym/SearchRead-v0", **toy_kwargs())
    agent.bind(env)
    assert agent._prior == {}


def test_where_a_plan_is_due_it_asks_and_looks_at_nothing():
    episodes = play("closed_book", env=DAG, limit=60, max_plans=2)
    assert all(kinds(episode) == ["plan", "answer"] for episode in episodes)
    assert {len(plan) for episode in episodes for plan in plans(episode)} == {1}
    unread = play("closed_book", env=DAG, limit=60, retriever="empty")
    assert [e.trajectory.prediction for e in episodes] == [e.trajectory.prediction for e in unread]
