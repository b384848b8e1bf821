import gymnasium
import pytest

pytest.importorskip("verifiers")

import json

from verified import WORLD, play

from hopgym.core import Trajectory, from_json, to_json
from hopgym.envs.grammars import make_grammar

R3 = make_grammar("r3")


def searching(request):
    """Search for the question, then answer with what stands first."""
    turn = sum(message["role"] == "assistant" for message in request["messages"]) + 1
    asked = next(m["content"] for m in request["messages"] if m["role"] == "user")
    if turn == 1:
        return R3.write_query(1, "I look.", asked.removeprefix("The question: "))
    return R3.write_answer(turn, "So.", "1930")


def test_a_reply_is_an_action_and_the_return_is_the_reward():
    (episode,) = play(searching)
    (trace,) = episode.traces
    env = gymnasium.make("hopgym/SearchRead-v0", questions=WORLD, split="test")
    env.reset(seed=0, options={"index": 0})
    roles = [message.role for message in trace.messages]
    assert roles == ["system", "user", "assistant", "user", "assistant"]
    said = [message.content for message in trace.assistant_messages]
    results = [env.step(action) for action in said]
    info = results[-1][4]
    assert episode.ok and trace.reward == sum(result[1] for result in results)
    assert trace.metrics["em"] == info["metrics"]["em"]
    assert trace.metrics["reward/outcome"] == info["reward_terms"].get("outcome", 0.0)
    kept = from_json(json.dumps(trace.info["trajectory"]), Trajectory)
    assert to_json(kept) == to_json(info["trajectory"])
    assert trace.messages[3].content == results[0][4]["new_text"].strip()


def test_blanks_around_a_reply_are_the_action_s():
    (episode,) = play(lambda request: "\n  I do not know.  \n")
    steps = episode.traces[0].info["trajectory"]["steps"]
    assert steps[0]["action"] == "\n  I do not know.  \n" and steps[0]["parse_error"]


def test_a_limit_of_verifiers_forfeits_the_rest():
    (episode,) = play(searching, agent={"max_turns": 1})
    (trace,) = episode.traces
    steps = trace.info["trajectory"]["steps"]
    assert trace.is_truncated and [step["parse_error"] for step in steps] == [None, "empty"]
    assert trace.reward == sum(sum(step["reward_terms"].values()) for step in steps)


def test_a_model_that_fails_is_left_unscored():
    def broken(request):
        raise RuntimeError("out of order")

    (episode,) = play(broken)
    assert not episode.ok and not episode.traces[0].rewards
    assert "out of order" in str(episode.traces[0].errors)


def test_a_retriever_that_fails_is_no_reward():
    kwargs = {"retriever": "http?url=http://127.0.0.1:9&retries=0"}
    (episode,) = play(searching, env_kwargs=kwargs)
    assert not episode.ok and not episode.traces[0].rewards
    assert "No server can be reached" in episode.errors[0].message
