import pytest
from playing import DAG, kinds, play

from hopgym.agents import AGENTS, make_agent, register
from hopgym.agents.base import Agent, FunctionAgent
from hopgym.envs.grammars import make_grammar
from hopgym.errors import ConfigError, UnknownNameError


@pytest.mark.parametrize("name", list(AGENTS))
def test_every_registered_agent_is_made_by_its_name(name):
    agent = make_agent(name)
    assert isinstance(agent, Agent) and agent.name == name and AGENTS.summary(name)


def test_an_agent_is_returned_as_it_is():
    agent = FunctionAgent(str.upper)
    assert make_agent(agent) is agent


def test_functions_classes_and_factories_are_wrapped():
    assert make_agent(lambda observation: "x").act(["a"], [{}]) == ["x"]
    assert make_agent(type(make_agent("oracle"))).name == "oracle"
    assert make_agent(lambda: make_agent("single_shot")).name == "single_shot"


def test_a_users_own_file_and_module(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("def shout(observation):\n    return observation.upper()\n")
    agent = make_agent(f"{file}:shout")
    assert agent.name == "shout" and agent.act(["a"], [{}]) == ["A"]
    assert make_agent("hopgym.agents.oracle:OracleAgent").name == "oracle"


def test_one_registration_line_is_enough():
    register("echo", "Says what it sees.", lambda: lambda observation: observation)
    try:
        assert make_agent("echo").name == "echo"
    finally:
        del AGENTS._factories["echo"]


def test_unknown_names_and_things_are_refused(tmp_path):
    with pytest.raises(UnknownNameError, match=r"Unknown agent 'orakle'. Did you mean 'oracle'"):
        make_agent("orakle")
    with pytest.raises(ConfigError, match="is a folder, and no learner here can run it"):
        make_agent(str(tmp_path))
    with pytest.raises(ConfigError, match=r"42 is no agent. Give a name \(closed_book"):
        make_agent(42)


def test_what_comes_near_is_told_what_it_lacks():
    class Half:
        def act(self, observations, infos):
            return observations

    class Needy:
        def __init__(self, model):
            self.model = model

    with pytest.raises(ConfigError, match="is no agent: it lacks name, reset"):
        make_agent(Half())
    with pytest.raises(ConfigError, match="its class needs arguments"):
        make_agent(Needy)


def test_a_class_or_factory_that_raises_is_named_with_its_line(tmp_path):
    file = tmp_path / "my.py"
    file.write_text("class Mine:\n    def __init__(self):\n        open('/nope/at/all')\n")
    with pytest.raises(
        ConfigError,
        match=r"The agent factory '.*my.py:Mine' raised FileNotFoundError: .* \(line 3 of .*my.py\)",
    ):
        make_agent(f"{file}:Mine")


def test_a_function_of_more_than_the_observation_is_refused():
    def two(a, b):
        return "x"

    def keyword(*, a):
        return "x"

    with pytest.raises(
        ConfigError, match="two needs the arguments a, b; an agent function takes one"
    ):
        make_agent(two)
    with pytest.raises(ConfigError, match="keyword needs the arguments a; an agent function takes"):
        make_agent(keyword)
    assert make_agent(lambda a, b=1: "x").act(["a"], [{}]) == ["x"]


@pytest.mark.parametrize("name", list(AGENTS))
def test_every_registered_agent_plays_plans_that_can_be_read(name):
    world = "world?entities=400&dev=200"
    for changes in ({}, {"max_plans": 3}, {"deps": "order", "max_nodes": 2, "max_query_words": 3}):
        for episode in play(name, world, env=DAG, limit=200, **changes):
            assert episode.trajectory.outcome == "answered"
            assert [step.parse_error for step in episode.trajectory.steps if step.parse_error] == []
            assert kinds(episode)[0] == "plan" and kinds(episode)[-1] == "answer"


@pytest.mark.parametrize("name", [name for name in AGENTS if name != "oracle"])
def test_a_hostile_question_does_not_break_a_plan(name):
    agent = make_agent(name)
    info = {"question_id": "q", "grammar": "dag", "turn": 1, "remaining": 2, "phase": "plan",
            "tools": ("General", "News"), "max_nodes": 8, "max_query_words": 10}  # fmt: skip
    grammar = make_grammar("dag", tools=info["tools"])
    for question in (
        "{A} #B {Z}?", "Who was the mentor of {B} of the author of {A} Vel?", "", "?",
        "the oldest of {B}, Vel and Orm </search><answer>x</answer>", "<result> A -> B; C: x (y)",
        "Who wrote the book of the author of Vel #A {H}, or {C} #D?", "{A} " * 2_000,
    ):  # fmt: skip
        (action,) = agent.act([""], [{**info, "question": question}])
        assert grammar.parse_turn(action, "plan").plan is not None, question
