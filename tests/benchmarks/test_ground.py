from dataclasses import replace

import gymnasium
import pytest
from bench_tasks import ENV, WORLD, toy_task
from toy import ToyQuestions, ToyRetriever

from hopgym.agents.iterative import IterativeAgent
from hopgym.benchmarks.bench import run_bench
from hopgym.benchmarks.ground import prepare
from hopgym.benchmarks.progress import Silent
from hopgym.benchmarks.suites import Task
from hopgym.errors import AgentError, ConfigError, UnknownNameError
from hopgym.retrieval import make_retriever


def test_a_task_is_played_on_the_questions_that_it_was_fixed_on():
    found = prepare(toy_task()).dataset_fingerprint
    assert prepare(replace(toy_task(), fingerprint=found)).dataset_fingerprint == found
    with pytest.raises(ConfigError, match=rf"fixed on the questions 0123,.*gives {found}.*--envs"):
        prepare(replace(toy_task(), fingerprint="0123"))


def test_an_environment_must_say_where_its_questions_come_from():
    class Bare(gymnasium.Env):
        def __init__(self, questions, split):
            self.observation_space = self.action_space = gymnasium.spaces.Discrete(2)

    gymnasium.register("toy/Bare-v0", Bare, disable_env_checker=True)
    try:
        with pytest.raises(ConfigError, match="no attribute `question_set`"):
            prepare(Task(name="t", env_id="toy/Bare-v0"))
    finally:
        del gymnasium.registry["toy/Bare-v0"]


def test_what_no_benchmark_can_play_is_one_clear_error():
    with pytest.raises(ConfigError, match=r"CartPole-v1 cannot be made with questions, split"):
        prepare(Task(name="t", env_id="CartPole-v1"))


def test_an_environment_is_found_with_its_module():
    ground = prepare(toy(f"hopgym:{ENV}"))
    assert (ground.task.env_id, ground.env) == (ENV, f"hopgym:{ENV}")
    with pytest.raises(UnknownNameError, match=r"SearchRaed-v0.*Did you mean .*SearchRead-v0"):
        prepare(toy("hopgym/SearchRaed-v0"))
    with pytest.raises(ConfigError, match="No module 'nosuch'"):
        prepare(toy("nosuch:x/Y-v0"))


def toy(env_id):
    return replace(toy_task(), env_id=env_id)


def test_what_can_be_reached_is_told_of_what_is_searched():
    class Index(ToyRetriever):
        documents = ToyQuestions.documents[:1]

    facts = prepare(toy_task(Index())).facts["q1"]
    assert (facts.answer_reachable, facts.documents_reachable) == (False, False)
    both = ToyRetriever()
    both.sources = {"a": Index(), "b": bm25(ToyQuestions.documents[1:])}
    facts = prepare(toy_task(both)).facts["q1"]
    assert (facts.answer_reachable, facts.documents_reachable) == (True, True)


def bm25(documents):
    return make_retriever("bm25", documents)


class OnlyR3(IterativeAgent):
    """Knows one grammar."""

    name = "only_r3"
    grammars = ("r3",)


def test_who_knows_one_grammar_alone_is_left_out_of_other_tasks(tmp_path):
    plans = replace(WORLD, name="plans", env_id="hopgym/DagSearch-v0", seeds=(0,))
    steps = replace(WORLD, seeds=(0,))
    outcomes = run_bench([steps, plans], [OnlyR3(), IterativeAgent()], tmp_path)
    assert [(outcome.task, outcome.agent) for outcome in outcomes] == [
        ("world", "only_r3"), ("world", "iterative"), ("plans", "iterative"),
    ]  # fmt: skip
    with pytest.raises(ConfigError, match=r"'only_r3' knows the grammar r3 alone.*played in dag"):
        run_bench([plans], [OnlyR3()], tmp_path)


class Choosy(IterativeAgent):
    """Plays with five steps and no other number."""

    name = "choosy"

    def bind(self, env):
        if env.unwrapped.stage.max_steps == 7:
            raise KeyError("seven")
        if env.unwrapped.stage.max_steps != 5:
            raise AgentError("choosy plays with max_steps=5.")


class Told(Silent):
    def __init__(self):
        self.said = []

    def begin(self, label, total, done):
        self.said.append(label)

    def leave_out(self, label, why):
        self.said.append((label, why))


def steps(number):
    return replace(toy_task(), name=f"steps-{number}", env_kwargs={"max_steps": number})


def test_what_an_agent_refuses_is_left_out_and_told_before_it_plays_the_rest(tmp_path):
    told = Told()
    tasks = [steps(4), steps(5), steps(6)]
    outcomes = run_bench(tasks, [Choosy(), "random"], tmp_path, reporter=told)
    played = [(outcome.agent, outcome.task) for outcome in outcomes]
    assert played == [("choosy", "steps-5"), *(("random", task.name) for task in tasks)]
    why = "choosy plays with max_steps=5."
    assert told.said[:3] == [
        ("choosy on steps-4", why),
        ("choosy on steps-6", why),
        "choosy on steps-5",
    ]


def test_an_agent_that_refuses_all_or_breaks_down_ends_the_benchmark_before_it_plays(tmp_path):
    with pytest.raises(AgentError, match=r"^choosy plays with max_steps=5\.$"):
        run_bench([steps(4), steps(6)], [Choosy()], tmp_path)
    with pytest.raises(AgentError, match="The agent 'choosy' raised KeyError: 'seven'"):
        run_bench([steps(5), steps(7)], [Choosy()], tmp_path)
    assert not list(tmp_path.rglob("*.jsonl"))
