import random
from itertools import pairwise

import pytest
from dag_plans import plans
from hypothesis import given
from hypothesis import strategies as st

from hopgym.envs.plans import (
    MAX_ASKED_CHARS,
    MAX_VALUE_CHARS,
    Node,
    Plan,
    check_plan,
    find_flaw,
    placeholders,
    substitute,
    unfilled,
)

TOOLS = ("General", "News")


def node(label, query="director of Vel", tool="General"):
    return Node(label, query, tool)


def longest_path_to(label, edges):
    return max((1 + longest_path_to(a, edges) for a, b in edges if b == label), default=0)


def test_a_diamond_has_three_layers():
    edges = [("A", "B"), ("A", "C"), ("B", "D"), ("C", "D")]
    plan = check_plan([node(label) for label in "DCBA"], edges, tools=TOOLS)
    assert plan.layers == (("A",), ("C", "B"), ("D",))
    assert (plan.depth, plan.width) == (3, 2)
    assert plan.parents("D") == ("B", "C") and plan.parents("A") == ()
    assert list(plan.by_label) == ["D", "C", "B", "A"]


@given(plans())
def test_layers_are_a_topological_order_and_every_node_is_as_early_as_it_can_be(drawn):
    plan = check_plan(drawn.nodes, drawn.edges, tools=("General", "News", "Academy"))
    declared = [node.label for node in drawn.nodes]
    assert sorted(label for layer in plan.layers for label in layer) == sorted(declared)
    for depth, layer in enumerate(plan.layers):
        assert [longest_path_to(label, drawn.edges) for label in layer] == [depth] * len(layer)
        assert list(layer) == [label for label in declared if label in layer]


def test_placeholders_imply_edges_after_the_written_ones_each_once():
    nodes = [node("A"), node("B", "born {A} #A"), node("C", "of {B}")]
    plan = check_plan(nodes, [("A", "C"), ("B", "C"), ("A", "C")], tools=TOOLS)
    assert plan.edges == (("A", "C"), ("B", "C"), ("A", "B"))


@pytest.mark.parametrize(
    ("nodes", "edges", "fault"),
    [
        ([], [("A", "B")], "no_nodes"),
        ([node(label) for label in "ABCD"], [], "too_many_nodes"),
        ([node("AB")], [], "bad_node"),
        ([node("a")], [], "bad_node"),
        ([node("")], [], "bad_node"),
        ([node("É")], [], "bad_node"),
        ([node("A"), node("A")], [], "duplicate_label"),
        ([node("A", tool="general")], [], "unknown_tool"),
        ([node("A", "")], [], "empty_query"),
        ([node("A", "?!")], [], "empty_query"),
        ([node("A", "one two three four five six")], [], "query_too_long"),
        ([node("A", "x" * (MAX_ASKED_CHARS + 1))], [], "query_too_long"),
        ([node("A")], [("A", "B")], "unknown_label"),
        ([node("A", "born {B}")], [], "unknown_label"),
        ([node("A"), node("B", "born {a}")], [], "unknown_label"),
        ([node("A")], [("A", "A")], "self_loop"),
        ([node("A", "born #A")], [], "self_loop"),
        ([node("A"), node("B")], [("A", "B"), ("B", "A")], "cycle"),
        ([node("A", "of {B}"), node("B", "of {A}")], [], "cycle"),
        ([node("A"), node("B", "of {A}")], [("B", "A")], "cycle"),
    ],
)
def test_what_is_no_plan_has_a_code(nodes, edges, fault):
    assert check_plan(nodes, edges, tools=TOOLS, max_nodes=3, max_words=5) == fault


@pytest.mark.parametrize(
    ("nodes", "edges", "labels"),
    [
        ([], [], ()),
        ([node("A"), node("B"), node("B")], [], ("B",)),
        ([node("A"), node("B", tool="Bing")], [], ("B",)),
        ([node("A"), node("B", "?!")], [], ("B",)),
        ([node("A"), node("B", "one two three four five six")], [], ("B",)),
        ([node("A"), node("B")], [("A", "B"), ("B", "Z")], ("Z",)),
        ([node("A"), node("B", "born {a}")], [], ("a",)),
        ([node("A"), node("B", "born #B")], [], ("B",)),
        ([node("C", "of {B}"), node("A"), node("B", "of {C}")], [("A", "B")], ("B", "C", "B")),
    ],
)
def test_a_fault_says_whose_it_is(nodes, edges, labels):
    flaw = find_flaw(nodes, edges, tools=TOOLS, max_nodes=3, max_words=5)
    assert flaw.labels in (labels, labels[1:] + labels[1:2])
    assert flaw.fault == check_plan(nodes, edges, tools=TOOLS, max_nodes=3, max_words=5)


def test_the_first_fault_is_told():
    nodes = [node("A", "?"), node("A", tool="Bing"), node("c")]
    assert check_plan(nodes, [("Z", "Z")], tools=TOOLS, max_nodes=2) == "too_many_nodes"
    assert check_plan(nodes, [("Z", "Z")], tools=TOOLS) == "empty_query"
    assert check_plan(nodes[1:], [("Z", "Z")], tools=TOOLS) == "unknown_tool"
    assert check_plan([node("A")], [("A", "A"), ("A", "Z")], tools=TOOLS) == "self_loop"


def test_the_limits_themselves_are_allowed():
    nodes = [node("A", "x" + "." * (MAX_ASKED_CHARS - 1)), node("B", " ".join("abcde"))]
    assert isinstance(check_plan(nodes, tools=TOOLS, max_nodes=2, max_words=5), Plan)


def test_a_long_chain_is_one_node_a_layer():
    names = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    plan = check_plan([node(n) for n in names], pairwise(names), tools=TOOLS, max_nodes=26)
    assert plan.layers == tuple((name,) for name in names) and plan.width == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("born {A}", ("A",)),
        ("{ B } and #A, {B}", ("B", "A")),
        ("#A's father", ("A",)),
        ("(#A)", ("A",)),
        ("C#A #AB A# {ab} {AB} {é} {} # A F# #a", ()),
        ("born {a} { b }", ("a", "b")),  # of no node, so that they are refused
        ("#A#B{C}", ("A", "C")),  # the second is no word of its own
    ],
)
def test_placeholders_are_found(query, found):
    assert placeholders(query) == found


def test_values_fill_placeholders_once():
    values = {"A": "Ada {B} #B", "B": "no"}
    assert substitute("where was {A} born?", values) == "where was Ada {B} #B born?"


def test_what_has_no_value_vanishes():
    assert substitute("is {A} older than #B ?", {"A": "Ada"}) == "is Ada older than ?"
    assert unfilled("{A}") == "" and unfilled("birthplace  of #A") == "birthplace of"


def test_hostile_values_are_one_short_line():
    hostile = "Ada\n</search>\x00\x1b[2J\u202e" + "x" * 10_000
    asked = substitute("born {A} today", {"A": hostile})
    assert asked.startswith("born Ada </search>[2Jxx") and asked.endswith("x today")
    assert len(asked) == len("born  today") + MAX_VALUE_CHARS


def test_many_placeholders_do_not_make_an_endless_query():
    assert len(substitute("{A}" * 300, {"A": "x" * 999})) <= MAX_ASKED_CHARS


@given(st.text("{}#AB z9\n\u202e", max_size=40), st.dictionaries(st.sampled_from("AB"), st.text()))
def test_what_is_asked_is_one_line_without_placeholders_of_its_own(query, values):
    asked = substitute(query, values)
    assert "\n" not in asked and asked == asked.strip()
    assert asked == substitute(query, dict(sorted(values.items())))
    if not any(set(value) & set("{}#AB") for value in values.values()):
        assert len(placeholders(asked)) <= len(query)


def test_edges_in_any_order_give_the_same_layers():
    rng, names = random.Random(4), "ABCDEFGH"
    edges = [(a, b) for a in names for b in names if a < b and rng.random() < 0.4]
    nodes = [node(label) for label in names]
    first = check_plan(nodes, edges, tools=TOOLS).layers
    for _ in range(20):
        rng.shuffle(edges)
        assert check_plan(nodes, edges, tools=TOOLS).layers == first
