# ruff: noqa: RUF001 (full-width punctuation is what is tested)
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopgym.envs.grammars.plan_text import (
    bad_line,
    canonical,
    read_block,
    writable,
    write_block,
)
from hopgym.envs.plans import Node, placeholders

A, B = Node("A", "director of Vel", "News"), Node("B", "city", "web")


@pytest.mark.parametrize(
    "block",
    [
        "Nodes:\nA: director of Vel (News)\nB: city (web)\nEdges:\nA -> B",
        "A: director of Vel (News)\nB: city (web)\nEdges: A -> B",
        "nodes: A: director of Vel [News]; B: city [web];\nEDGES: A→B;",
        "节点：\nＡ：director  of\u3000Vel（News）；\nB：city【web】\n边：\nＡ－＞Ｂ",
        "  Nodes :\n\n A : director of Vel ( News ) ;\n\tB:city(web)\n\nedges:\n A=>B, A-->B;\n",
        "A: director of \u202eVel\u200b (News)\nB: city (web]\nEdge: A ⇒ B.",
    ],
)
def test_variants_of_one_plan(block):
    nodes, edges = read_block(block)
    assert nodes == [A, B]
    assert set(edges) == {("A", "B")}


@pytest.mark.parametrize(
    "edges", ["", "Edges:", "Edges: none", "edges:\nNone.", "边：无", "Edges: ;"]
)
def test_there_may_be_no_edges(edges):
    assert read_block(f"A: director of Vel (News)\n{edges}") == ([A], [])


def test_chains_and_lists_of_edges():
    block = "A: x (News)\nEdges: A -> B -> C ; D -> C\nC→E, A->B"
    assert read_block(block).edges == [*zip("ABDCA", "BCCEB", strict=True)]


def test_a_query_may_hold_brackets_colons_and_semicolons():
    block = "A: Kiss (band): first; album [live] (News)\nB: a (b); C: d (web)"
    assert read_block(block).nodes == [
        Node("A", "Kiss (band): first; album [live]", "News"),
        Node("B", "a", "b"),  # ended by `; C:`, as two nodes on a line are
        Node("C", "d", "web"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        *("A director (News)", "A: director", "A: director (News", "A: director News)", "A:", "A"),
        *("AB: x (News)", "a: x (News)", "1: x (News)", "- A: x (News)", "* A: x (News)", "hello"),
        *("A -> B", "Nodes", "**Nodes:**", "A: x (News) B", "É: x (News)", ": x (News)"),
        *("Edges: A", "Edges: A B", "Edges: A ->", "Edges: -> A", "Edges: A -> b", "Edges: A - B"),
        *("Edges: A -> AB", "Edges: A <- B", "Edges: A ---> B", "Edges: A: x (News)"),
        *("Edges:\nNodes:\nA: x (News)", "Nodes:\nNodes:\nA: x (News)", "Edges:\nEdges:"),
        *("A: x (News)\nNodes:\nB: y (News)", "Edges: none but A -> B"),
    ],
)
def test_anything_else_is_no_plan_text(line):
    assert read_block(line) is None


@pytest.mark.parametrize(
    ("block", "line"),
    [
        ("A: x (News)", None),
        ("", None),
        ("\n\nhello", 1),
        ("Nodes:\n \nA: x (News)\n\u200b\nA -> B", 3),
        ("Nodes:\nA: x (News)\nEdges: A", 3),
        ("Edges:\nNodes:", 2),
    ],
)
def test_the_line_that_says_nothing_is_counted(block, line):
    assert bad_line(block) == line


def test_canonical_text_keeps_every_place():
    assert canonical("（Ａ，a、b）") == "(A,a,b)"


@pytest.mark.parametrize(
    ("query", "fillable", "written"),
    [
        ("born {A} and #B", "AB", "born {A} and #B"),
        ("born {A} and #B", "A", "born {A} and 'B"),
        ("{{Z}} #{Z}", "", "{'Z'} #'Z'"),
        ("｛Z｝＃Z", "", "'Z''Z"),
        ("x); B: y", "", "x), B: y"),
        ("born {a} {A} {ab}", "A", "born 'a' {A} {ab}"),
        ("x\n\tEdges: A -> A", "", "x Edges: A -> A"),
        ("</search>＜answer＞", "", "/search> answer>"),
        ("one two three four five six seven", "", "one two three four five six"),
        ("?!", "", "unknown"),
        ("<\u200b", "", "unknown"),
        ("abc" + "x" * 40, "", "abc" + "x" * 37),
        ("#A" + "b" * 9, "A", "#Abbbbbbbbb"),
        (
            "x" * 20 + "." * 18 + "#Ab",
            "",
            "x" * 20 + "." * 18 + "'A",
        ),  # what the cut leaves is a placeholder
    ],
)
def test_queries_are_made_writable(query, fillable, written):
    assert writable(query, fillable, 6, 40) == written


@given(st.text(st.sampled_from("{}#<>()[]；;:,ABZ x\n\u200d\u202e＜｛Ａ⁇…") | st.characters()))
def test_a_writable_query_is_read_back_as_it_is(query):
    text = writable(query, "B", 6, 40)
    assert 0 < len(text) <= 40 and len(text.split()) <= 6
    assert set(placeholders(text)) <= {"B"}
    draft = read_block(write_block([Node("A", text, "News"), B], [("B", "A")]))
    assert draft == ([Node("A", text, "News"), B], [("B", "A")])
