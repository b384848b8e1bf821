import pytest
from kg_playing import FORMS, errors, play_kg
from playing import DAG, kinds, play

from hopgym.agents import AGENTS, make_agent, register
from hopgym.agents.base import Agent, FunctionAgent
from hopgym.agents.games import FACTS, suits
from hopgym.agents.model_folder import write_model_folder
from hopgym.envs.grammars import make_grammar
from hopgym.errors import ConfigError, UnknownNameError

NEED_A_MODEL = ("llm", "openai", "gemini", "sb3", "drag", "rag", "rag_chat", "compress")
PLAIN = [name for name in AGENTS if name not in NEED_A_MODEL]
"""Those that need no options."""

PLANNING = [name for name in PLAIN if name not in ("tiny", "ppr", "cosine")]
"""Those that know the grammar of plans, too."""

SELECTING = [name for name in PLAIN if name != "tiny" and suits(make_agent(name), FACTS)]
"""Those that select facts."""


@pytest.mark.parametrize("name", PLAIN)
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
    with pytest.raises(ConfigError, match=r"is a folder without a hopgym\.json"):
        make_agent(str(tmp_path))
    with pytest.raises(
        ConfigError, match="There is no folder 'runs/none', and no agent is called so"
    ):
        make_agent("runs/none?temperature=0")
    with pytest.raises(ConfigError, match=r"42 is no agent. Give a name \(closed_book"):
        make_agent(42)


def test_options_are_the_keywords_of_a_factory(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        "def loud(*, sign, times=1):\n    return lambda observation: observation + sign * times\n"
        "class Mine:\n    name = 'mine'\n    def __init__(self, *, size: int = 1): self.size = size\n"
        "    def reset(self, seed=None): ...\n    def act(self, observations, infos): ...\n"
    )
    assert make_agent(f"{file}:loud?sign=!&times=3").act(["a"], [{}]) == ["a!!!"]
    assert make_agent(f"{file}:loud?sign=!", times=2).act(["a"], [{}]) == ["a!!"]
    assert make_agent(f"{file}:Mine?size=3").size == 3
    with pytest.raises(ConfigError, match=r"has no option 'tims'. Did you mean 'times'"):
        make_agent(f"{file}:loud?sign=!&tims=3")
    with pytest.raises(ConfigError, match="size is a whole number"):
        make_agent(f"{file}:Mine?size=large")


def test_what_is_no_factory_takes_no_options():
    for spec, name in (("oracle?size=3", "size"), (FunctionAgent(str.upper), "size")):
        with pytest.raises(ConfigError, match=r"has no option 'size'|takes no options \(size\)"):
            make_agent(spec, **({} if isinstance(spec, str) else {name: 3}))
    with pytest.raises(ConfigError, match=r"The agent len takes no options \(size\)"):
        make_agent(len, size=3)


def test_a_folder_that_a_trainer_wrote_is_played_by_its_kind(tmp_path):
    factory = lambda *, model, size=1: FunctionAgent(lambda o: f"{o} {model} {size}")  # noqa: E731
    register("toy_kind", "For this test.", factory)
    write_model_folder(tmp_path / "made", "toy_kind", {"size": 2})
    try:
        for spec in (tmp_path / "made", str(tmp_path / "made")):
            assert make_agent(spec).act(["a"], [{}]) == [f"a {tmp_path / 'made'} 2"]
        assert make_agent(f"{tmp_path / 'made'}?size=5").act(["a"], [{}])[0].endswith(" 5")
        with pytest.raises(ConfigError, match="'toy_kind' has no option 'sise'"):
            make_agent(f"{tmp_path / 'made'}?sise=5")
    finally:
        del AGENTS._factories["toy_kind"]


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


@pytest.mark.parametrize("name", PLANNING)
def test_every_registered_agent_plays_plans_that_can_be_read(name):
    world = "world?entities=400&dev=200"
    for changes in ({}, {"max_plans": 3}, {"deps": "order", "max_nodes": 2, "max_query_words": 3}):
        for episode in play(name, world, env=DAG, limit=200, **changes):
            assert episode.trajectory.outcome == "answered"
            assert [step.parse_error for step in episode.trajectory.steps if step.parse_error] == []
            assert kinds(episode)[0] == "plan" and kinds(episode)[-1] == "answer"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", SELECTING)
def test_every_registered_agent_that_selects_facts_selects_what_it_may(name, form):
    assert set(SELECTING) == {"random", "oracle", "ppr", "cosine"}
    world = "world?entities=400&dev=60"
    for mode in ("one_shot", "sequential"):
        episodes = play_kg(name, world, split="dev", observation=form, mode=mode, top_k=16)
        assert not errors(episodes) and len(episodes) == 60
        assert {episode.trajectory.outcome for episode in episodes} == {"answered"}


@pytest.mark.parametrize("name", [name for name in PLANNING if name not in ("oracle", "expert")])
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
