import time

import pytest

from hopgym.agents.outline import MOST, outline
from hopgym.envs.datasets import make_questions
from hopgym.envs.plans import Node, check_plan


@pytest.mark.parametrize(
    ("question", "queries"),
    [
        ("Who directed Vel?", ["Who directed Vel?"]),
        (
            "Which river flows through the city with the headquarters of the employer of Ada Orm?",
            ["employer of Ada Orm", "headquarters of {A}", "Which river flows through {B}?"],
        ),
        (
            "Which city had the founder the mentor of Bo Lin and lies in the region Vel?",
            ["mentor of Bo Lin", "city had the founder {A} and lies in the region Vel"],
        ),
        (
            "What is the population of the city that lies on the river Nol and had the founder Bo?",
            ["city lies on the river Nol and had the founder Bo", "population of {A}"],
        ),
        ("Which film came first, Vel or Orm?", ["Vel year", "Orm year"]),
        (
            "What is the birth year of the youngest of Ada Orm and Bo Lin?",
            ["birth year of Ada Orm", "birth year of Bo Lin"],
        ),
        (
            "Who is the director of the latest of Vel and Orm?",
            ["Vel year", "Orm year", "director of Vel", "director of Orm"],
        ),
    ],
)
def test_a_question_is_taken_apart_before_anything_is_known(question, queries):
    assert outline(question) == queries


def test_more_room_only_adds():
    question = "What is the birthplace of the author of the latest of Vel, Orm and Ull?"
    whole = outline(question)
    assert len(whole) == 9
    assert [outline(question, most) for most in range(9)] == [whole[:most] for most in range(9)]


def test_stand_ins_are_told_from_names_of_the_question():
    question = "Who was the mentor of the author of Xqa Xq?"
    assert outline(question) == ["author of Xqa Xq", "mentor of {A}"]


def test_every_outline_of_the_world_is_a_plan_that_needs_as_many_searches_as_hops():
    for question in make_questions("world?entities=400&dev=100").questions("dev"):
        queries = outline(question.text)
        nodes = [Node(chr(65 + n), query, "General") for n, query in enumerate(queries)]
        plan = check_plan(nodes, tools=["General"], max_nodes=MOST, max_words=40)
        assert not isinstance(plan, str)
        if question.type == "chain":
            assert plan.depth == len(queries) == len(question.hops)


def test_hostile_text_neither_stops_nor_slows_it():
    pairs = [f"the {cue} of N{i} and N{j} " for cue in ("oldest", "first", "last") for i in range(5) for j in range(5)]  # fmt: skip
    hostile = ["the " * 2_000, "the oldest of " + "A, " * 2_000, "Who is " + "".join(pairs) + "?"]
    hostile += ["{A} #B Xqa", "the a " * 2_000 + "Vel", ""]
    started = time.perf_counter()
    for text in hostile:
        assert len(outline(f"Who was the mentor of {text}?")) <= MOST
        assert len(outline(text)) <= MOST
    assert time.perf_counter() - started < 20
