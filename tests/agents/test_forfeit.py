import gymnasium
import pytest
from toy import toy_kwargs

from hopgym.agents.forfeit import forfeit, use_up
from hopgym.agents.rollout import Job, Playing


def begun(name, **kwargs):
    env = gymnasium.make(f"hopgym/{name}-v0", disable_env_checker=True, **toy_kwargs(**kwargs))
    return env, Playing(Job("q1", 0), *env.reset(seed=0, options={"question_id": "q1"}))


@pytest.mark.parametrize("name", ["SearchRead", "DagSearch", "RAG"])
def test_silence_is_the_last_action(name):
    env, playing = begun(name)
    assert forfeit(env, playing)
    (step,) = playing.episode().trajectory.steps
    assert step.action == "" and step.parse_error == "empty"


def test_what_was_earned_stays_and_silence_is_charged():
    env, playing = begun("SearchRead")
    query = "Step 1:\nThe problem analysis: a\nThe retrieval query: Vel film directed"
    assert not playing.add(env.step(query), 0.0)
    earned = playing.reward
    assert earned > 0 and forfeit(env, playing) and playing.reward == earned - 1.0


def test_facts_are_not_selected_by_silence():
    world = "world?entities=300&hops=1-2&train=4&dev=2&test=6"
    env = gymnasium.make(
        "hopgym/KGSubgraph-v0", questions=world, observation="text", mode="sequential", top_k=8
    )
    playing = Playing(Job("q", 0), *env.reset(seed=0))
    assert forfeit(env, playing)
    steps = playing.episode().trajectory.steps
    assert {step.action for step in steps} == {""} and not playing.episode().error


def test_a_last_turn_still_takes_an_answer():
    env, playing = begun("SearchRead", max_steps=3)
    use_up(env.unwrapped)
    answer = "Step 3:\nThe problem analysis: a\nThe final answer: Tessa"
    assert playing.add(env.step(answer), 0.0) and playing.episode().metrics["em"] == 1.0
