import pickle

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
