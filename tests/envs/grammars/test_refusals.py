import random
import re
from string import Formatter

import pytest
from dag_plans import ANSWER_MUTATIONS, MUTATIONS
from hypothesis import given
from hypothesis import strategies as st

from hopgym.envs.grammars import make_grammar
from hopgym.envs.grammars.base import ParseError
from hopgym.envs.grammars.dag import DagGrammar
from hopgym.envs.grammars.r3 import _MARKER
from hopgym.envs.grammars.refusals import COMMON, DAG, R3, SEARCH_R1, reason

PLAN = DagGrammar(max_nodes=3, max_words=4)
OF_ALL = {"empty", "too_long", "control_characters", "empty_query", "degenerate"}
OF_STEPS = {
    *OF_ALL,
    *("empty_answer", "no_action", "both_actions", "repeated_action", "text_after_action"),
    *("forged_marker", "query_not_allowed"),
}


def refused(block, grammar=PLAN):
    action = f"<think>t</think><search>{block}</search>"
    error = grammar.parse_turn(action, "plan")
    return f"{error.value}: {grammar.reason(error, action)}"


def test_every_code_that_a_grammar_gives_has_its_sentence():
    assert {code.value for code in R3} >= {
        *OF_STEPS, "no_step", "bad_step_index", "no_analysis"
    }  # fmt: skip
    assert {code.value for code in SEARCH_R1} >= {*OF_STEPS, "unclosed_tag", "nested_tags"}
    assert {code.value for code in DAG} >= {*MUTATIONS, *ANSWER_MUTATIONS}
    own = {*MUTATIONS, *ANSWER_MUTATIONS} - OF_ALL | {"degenerate", "too_long"}
    assert len({DAG[ParseError(code)] for code in own}) == len(own)


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("A: x (Bing)", "unknown_tool: Node A names no tool that there is. The tools: General, "),
        ("A: x (News)\nB: a b c d e (News)", "query_too_long: The query of node B .* 4 words"),
        ("A: x (News)\n" * 4, "too_many_nodes: A plan has at most 3 nodes, and this one has 4"),
        ("A: x (News)\nA: y (News)", "duplicate_label: Two nodes are called A"),
        ("A: x (News)\nB: ?! (News)", "empty_query: The query of node B has no letter"),
        ("A: x (News)\nEdges: A -> Z", "unknown_label: There is no node Z"),
        ("A: x (News)\nB: born {a} (News)", "unknown_label: There is no node a, .* capital"),
        ("A: of {A} (News)", "self_loop: Node A builds on itself"),
        ("A: of #B (News)\nB: x (News)\nEdges: A -> B", "cycle: .*, (A -> B -> A|B -> A -> B):"),
        ("Nodes:\n\nA: x (News)\nB: born", "bad_node: Line 3 of the plan.*as A: .* .General."),
        ("", "no_nodes: The plan has no nodes. A node is a line"),
    ],
)
def test_the_sentence_says_what_and_of_which_node(block, said):
    assert re.match(said, refused(block))


def test_the_tools_are_those_of_the_grammar():
    small = DagGrammar(["Wiki", "My news"])
    assert "The tools: Wiki, My news." in refused("A: x (Bing)", small)
    many = DagGrammar([f"tool-{n}" for n in range(400)])
    assert len(refused("A: x (Bing)", many)) < 600


@pytest.mark.parametrize("code", [*MUTATIONS, *ANSWER_MUTATIONS])
@given(rng=st.randoms(use_true_random=False))
def test_nothing_of_the_action_but_labels_and_numbers_is_repeated(code, rng):
    phase = "plan" if code in MUTATIONS else "answer"
    action = {**ANSWER_MUTATIONS, **MUTATIONS}[code](rng)
    said = DagGrammar().reason(ParseError(code), action)
    template = DAG[ParseError(code)]
    given_ = {name for _, name, _, _ in Formatter().parse(template) if name}
    assert given_ <= {"labels", "line", "nodes", "tool", "tools", "max_nodes", "max_words"}
    fixed = "".join(re.escape(text) + ("(.*)" if name else "") for text, name in _pieces(template))
    found = re.fullmatch(fixed, said).groups()
    assert all(re.fullmatch(r"[A-Za-z](?: -> [A-Z])*|\d+|General(, .*)?", part) for part in found)
    assert DagGrammar().parse_turn(action, phase) is ParseError(code)


def _pieces(template):
    return [(text, name) for text, name, _, _ in Formatter().parse(template)]


@pytest.mark.parametrize("name", ["r3", "search_r1", "dag"])
@pytest.mark.parametrize("code", ParseError)
def test_no_sentence_has_a_tag_a_marker_or_an_escape(name, code):
    action = MUTATIONS.get(code.value, lambda _: "")(random.Random(1))
    note = make_grammar(name).refusal(code, action)[1]
    said = make_grammar(name).reason(code, action)
    assert note.strip().endswith(said) and code.value in note
    assert "\n" not in said and said.endswith(".") and len(note) < 700
    assert not re.search(r"<|&lt;|\{", said)
    assert not _MARKER.search(said)


def test_a_code_without_a_sentence_is_still_said():
    assert reason({}, ParseError.ORDER) == "It cannot be read."
    assert reason(COMMON, ParseError.EMPTY) == "It is empty."
