import pickle

import gymnasium
import pytest
from kg_playing import KG

from hopgym.agents.base import Agent, FunctionAgent, UnansweredError
from hopgym.errors import AgentError


def test_a_function_plays_a_batch():
    agent = FunctionAgent(lambda observation: observation[::-1])
    agent.reset(seed=3)
    assert agent.act(["ab", "cd"], [{}, {}]) == ["ba", "dc"]
    assert agent.name == "<lambda>" and isinstance(agent, Agent)


def test_actions_that_could_not_be_had_are_told_with_those_that_could():
    error = UnansweredError(["a", AgentError("The server is down."), AgentError("Busy.")])
    assert str(error) == "There is no action for 2 of 3 observations: The server is down."
    copied = pickle.loads(pickle.dumps(error))
    assert str(copied) == str(error) and copied.actions[0] == "a"


def reads(observation: str) -> str:
    return observation


def looks(observation):
    return observation


def test_a_function_that_reads_text_refuses_arrays_and_others_look_for_themselves():
    arrays, text = (gymnasium.make(KG, observation=form) for form in ("graph", "text"))
    FunctionAgent(reads).bind(text)
    with pytest.raises(AgentError, match=r"'reads' plays in text, and .* shows arrays"):
        FunctionAgent(reads).bind(arrays)
    for function in (looks, len, lambda: 0):
        FunctionAgent(function).bind(arrays)


def test_what_a_function_says_of_itself_holds_for_the_agent(monkeypatch):
    assert not hasattr(FunctionAgent(looks), "grammars")
    monkeypatch.setattr(looks, "grammars", ("r3",), raising=False)
    monkeypatch.setattr(looks, "plays", "documents", raising=False)
    made = FunctionAgent(looks)
    assert (made.grammars, made.plays) == (("r3",), "documents")
