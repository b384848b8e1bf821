from audited import ours, strangers

from hopgym.benchmarks.audit.playing import again, gold_of, play, repeating


def test_an_episode_is_kept_whole():
    env = strangers("audit/GEM-v0").env
    played = play(env, repeating(["<search>x</search>", "<answer>nobody</answer>"]), 3)
    assert played.over and played.total == 0 and len(played.before_end) == 2
    assert played.actions == ["<search>x</search>", "<answer>nobody</answer>"]
    assert played.answers == gold_of(env, {})
    assert [r.reward for r in again(env, played).replies] == [0.0, 0.0]


def test_an_episode_without_an_end_is_left():
    env = strangers("audit/AgentGym-v0").env
    played = play(env, lambda turn: "<answer>no</answer>"[: -turn.number], 0, most=5)
    assert len(played.replies) == 5 and not played.over


def test_the_gold_is_found_where_there_is_one():
    env = ours().env
    env.reset(seed=0)
    assert gold_of(env, {}) == env.unwrapped.question.answers
    assert gold_of(strangers("CartPole-v1").env, {"answers": "Lyon"}) == ("Lyon",)
    assert gold_of(strangers("CartPole-v1").env, {"answers": [1]}) == ()
