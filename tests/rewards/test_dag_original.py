import time

import pytest
from dag_episodes import answered, episode, plan, refused

from hopgym.rewards.dag_original import (
    block_of,
    has_sections,
    judged_text,
    raw_text,
    valid_graph,
)

WHOLE = "<think>a</think><search>b</search><result></result><answer>c</answer>"


def graph(text):
    return f"<search>{text}</search>"


def test_the_raw_text_is_everyones():
    played = episode(plan(), refused("order", "<answer>x</answer>"))
    text = raw_text(played)
    assert "<result>" in text and "<answer>x</answer>" in text and "not valid" in text
    assert "Question:" not in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (WHOLE, True),
        (f"x {WHOLE} y", True),
        (WHOLE.upper(), True),
        (WHOLE.replace(">c<", "> <"), True),
        (WHOLE.replace("<result></result>", ""), False),
        (WHOLE.replace(">c<", "><"), False),
        (WHOLE.replace(">c<", "><") + "</answer>", True),  # any character, tags too
        (WHOLE.replace(">a<", "><"), False),
        ("<answer>c</answer>" + WHOLE.partition("<answer>")[0], False),
        (WHOLE.replace("</think>", ""), False),
        ("<search>b</search>" + WHOLE, True),
        ("", False),
    ],
)
def test_the_sections_somewhere_in_their_order(text, expected):
    assert has_sections(text) is expected


@pytest.mark.parametrize(
    "text",
    [
        "Nodes:\nA: x (News)\nEdges:\n",
        "A: x (News)",
        "a: x [search];\nb\uff1ay\uff08\u65b0\u95fb\uff09\nedges: a->b",
        "Nodes:\nA: x y (GENERAL)\nB: z (academy)\nEdges:\nA -> B ; A \u2192 B\n",
        "1. A: x (News)",
        "A: x (News)\nA: y (General)",  # a label twice
        "A: x (News)\nnonsense\nB: y (no tool",  # lines that are no nodes
        "A: x (News)\nB: y (News)\nEdges: A -> B -> A",  # the second edge is lost
        "A:  (News)",
        "".join(f"{label}: x (News)\n" for label in "ABCDEFGH"),  # overlooked from the seventh on
        "A: " + "word " * 50 + "(News)",
    ],
)
def test_plans_that_the_published_check_lets_through(text):
    assert valid_graph(graph(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Nodes:\nEdges:\n",
        "A: x (Web)",
        "A: x",
        "A:(News)",
        "(News)",
        "A: x (News)\nEdges: A -> B",
        "A: x (News)\nEdges: A -> A",
        "A: x (News)\nB: y (News)\nEdges: A -> B; B -> A",
        "A: x (News)\nB: y (News)\nC: z (News)\nEdges: A->B\nB->C\nC->A",
        "".join(f"{label}: x (News)\n" for label in "ABCDEFG") + "Edges: A -> G",
    ],
)
def test_plans_that_it_refuses(text):
    assert not valid_graph(graph(text))


def test_only_the_first_search_block_counts():
    good, bad = graph("A: x (News)"), graph("A: x (Web)")
    assert valid_graph(good + bad) and not valid_graph(bad + good)
    assert not valid_graph("A: x (News)") and not valid_graph("<search>A: x (News)")


def test_what_is_judged():
    assert judged_text("<answer> a </answer><answer>b</answer>") == "a"
    assert judged_text("<result>r</result> then Tessa") == "then Tessa"
    assert judged_text("<think>t</think>x<search>s</search>y <think>open") == "xy <think>open"
    assert judged_text(raw_text(answered("Tessa"))) == "Tessa"
    assert (
        block_of("answer", "<ANSWER>a</answer>") == "a" and block_of("answer", "<answer>") is None
    )


@pytest.mark.parametrize(
    "piece",
    ["<think>a</think>", "<search>", "<answer>", "a:(", "A: x (News) ", "edges A->B;", "((a:"],
)
def test_hostile_text_is_read_in_linear_time(piece):
    text = "<search>" + piece * (200_000 // len(piece)) + "</search>"
    started = time.perf_counter()
    has_sections(text), valid_graph(text), judged_text(text)
    assert time.perf_counter() - started < 5.0
