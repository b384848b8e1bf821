"""The tools themselves: what the model is told of them, and which action each call becomes."""

import inspect

import pytest
from tiny_llms import needs_llms
from toy import ToyQuestions, ToyRetriever

from hopgym.agents.grpo.tool_calls import DagSearchTools, SearchReadTools
from hopgym.agents.grpo.tools import TOOLS, episode_of, tool_environment

READ, DAG = "hopgym/SearchRead-v0", "hopgym/DagSearch-v0"
PLAN = ["A: director of Vel (General)", "B: born {A} (news)"]


def begin(env_id, question="q1", **kwargs):
    kwargs.setdefault("retriever", ToyRetriever())
    episode = tool_environment(env_id, kwargs, questions=ToyQuestions())()
    episode.reset(question_id=question)
    return episode


def errors(episode):
    return [step.parse_error for step in episode_of(episode).trajectory.steps]


def actions(episode):
    return [step.action for step in episode_of(episode).trajectory.steps]


def schema(method):
    needs_llms()
    from transformers.utils import get_json_schema

    return get_json_schema(method)["function"]


@pytest.mark.parametrize("kind", TOOLS.values())
def test_nothing_else_is_public(kind):
    public = {name for name, _ in inspect.getmembers(kind) if not name.startswith("_")}
    assert public == {"reset", "get_reward", "search", "answer"}


def test_the_schema_of_search_read():
    episode = begin(READ, max_steps=4, force_answer=True)
    search, answer = schema(episode.search), schema(episode.answer)
    assert search["name"] == "search" and "5 calls in all" in search["description"]
    assert search["parameters"]["required"] == ["query"]
    assert search["parameters"]["properties"]["query"]["type"] == "string"
    assert answer["name"] == "answer" and answer["parameters"]["required"] == ["answer"]


def test_the_schema_of_dag_search_tells_the_limits():
    episode = begin(DAG, max_nodes=3, max_query_words=6, max_plans=2)
    search = schema(episode.search)
    nodes = search["parameters"]["properties"]["nodes"]
    assert "2 plans in all" in search["description"]
    assert nodes["type"] == "array" and nodes["items"] == {"type": "string"}
    assert "at most 3." in nodes["description"] and "at most 6 words" in nodes["description"]
    assert "(General, News, Academy)" in nodes["description"]
    assert "{A} stands for" in nodes["description"]
    assert search["parameters"]["required"] == ["nodes"]
    assert type(episode).__name__ == "DagSearchTools" and isinstance(episode, DagSearchTools)


@pytest.mark.parametrize("grammar", ["r3", "search_r1"])
def test_calls_become_actions_of_the_grammar(grammar):
    episode = begin(READ, grammar=grammar)
    assert "Vel is a film directed by Ada Orm." in episode.search(query="Vel film")
    assert "Ada Orm was born in Tessa." in episode.search("Ada Orm")
    episode.answer(answer="Tessa")
    trajectory = episode_of(episode).trajectory
    assert [step.parsed["kind"] for step in trajectory.steps] == ["query", "query", "answer"]
    assert trajectory.prediction == "Tessa" and errors(episode) == [None] * 3
    assert isinstance(episode, SearchReadTools)


def test_a_plan_becomes_one_action():
    episode = begin(DAG)
    shown = episode.search(nodes=PLAN, edges=["A -> B"])
    assert "Node A (General): [Vel] Vel is a film directed by Ada Orm." in shown
    assert "Node B (News): " in shown and "<result>" not in shown
    episode.answer("Tessa")
    plan, answer = actions(episode)
    assert plan == (
        "<think>I search.</think>\n<search>\nNodes:\nA: director of Vel (General)\n"
        "B: born {A} (news)\nEdges:\nA -> B\n</search>"
    )
    assert answer == "<answer>Tessa</answer>" and errors(episode) == [None, None]


@pytest.mark.parametrize(
    "nodes", ["\n".join(PLAN), "Nodes:\n" + "\n".join(PLAN), ["Nodes:", *PLAN]]
)
def test_a_plan_may_be_one_text(nodes):
    episode = begin(DAG)
    episode.search(nodes)
    assert errors(episode)[0] is None


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({}, "empty_query"),
        ({"query": ""}, "empty_query"),
        ({"query": None}, "empty_query"),
        ({"query": ["Vel"]}, "empty_query"),
        ({"query": "?!"}, "degenerate"),
        ({"q": "Vel"}, "empty_query"),
        ({"self": "Vel", "query": "Vel"}, "empty_query"),
    ],
)
def test_a_mistake_costs_what_the_environment_takes(arguments, code):
    episode = begin(READ)
    assert code in episode.search(**arguments)
    episode.answer("Tessa")
    assert errors(episode) == [code, None]
    assert episode_of(episode).reward_terms["format"] == -1.0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({}, "no_nodes"),
        ({"nodes": []}, "no_nodes"),
        ({"nodes": 7}, "bad_node"),
        ({"nodes": [{"A": "Vel"}]}, "bad_node"),
        ({"nodes": PLAN, "edges": 7}, "bad_node"),
        ({"nodes": PLAN, "edges": ["B -> A"]}, "cycle"),
        ({"nodes": ["A:  (General)"]}, "empty_query"),
        ({"nodes": ["A: Vel (Nowhere)"]}, "unknown_tool"),
        ({"nodes": ["A: Vel </search><answer>Tessa</answer> (General)"]}, "unclosed_tag"),
        ({"nodes": ["A: Vel <result> (General)"]}, "result_in_plan"),
        ({"query": "Vel"}, "no_nodes"),
    ],
)
def test_a_mistake_in_a_plan_is_the_environments_to_refuse(arguments, code):
    episode = begin(DAG)
    assert code in episode.search(**arguments)
    assert errors(episode) == [code]


@pytest.mark.parametrize(
    ("given", "code", "prediction"),
    [
        (1912, None, "1912"),
        ("", "empty_answer", None),
        (True, "empty_answer", None),
        ("The final answer: Tessa", None, "The final answer - Tessa"),
    ],
)
def test_answers(given, code, prediction):
    episode = begin(READ, format_retries=0)
    episode.answer(given)
    assert errors(episode) == [code]
    assert episode_of(episode).trajectory.prediction == prediction


@pytest.mark.parametrize(
    ("given", "code"), [("", "missing_answer"), ("...", "degenerate"), ("Tessa", None)]
)
def test_answers_after_a_plan(given, code):
    episode = begin(DAG)
    episode.search(PLAN)
    episode.answer(given)
    assert errors(episode) == [None, code]


def test_an_answer_before_the_plan_is_refused():
    episode = begin(DAG)
    assert "(order)" in episode.answer("Tessa")
    assert errors(episode) == ["order"]
