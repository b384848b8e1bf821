from hopgym.agents.base import Agent, FunctionAgent


def test_a_function_plays_a_batch():
    agent = FunctionAgent(lambda observation: observation[::-1])
    agent.reset(seed=3)
    assert agent.act(["ab", "cd"], [{}, {}]) == ["ba", "dc"]
    assert agent.name == "<lambda>" and isinstance(agent, Agent)
