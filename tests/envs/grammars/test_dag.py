# ruff: noqa: RUF001 (full-width punctuation is what is tested)
import random
import time

import numpy as np
import pytest
from dag_plans import ANSWER_MUTATIONS, MUTATIONS, RESULTS, TOKENS, plans, valid_answer, valid_plan
from hypothesis import given
from hypothesis import strategies as st

from hopgym.envs.grammars import make_grammar
from hopgym.envs.grammars.base import MAX_ACTION_CHARS, MAX_QUERY_CHARS, Move, ParseError
from hopgym.envs.grammars.dag import GRAPH_ERRORS, DagGrammar
from hopgym.envs.plans import Node, Plan, placeholders
from hopgym.errors import ConfigError

DAG = DagGrammar()
GOOD = """<think>The director, then the place.</think>
<search>
Nodes:
A: director of Vel (General)
B: birthplace of {A} (news)
Edges:
A -> B
</search>"""
HOSTILE = st.lists(st.text(max_size=9) | st.sampled_from((*TOKENS, *RESULTS))).map("".join)


def test_a_plan_is_read():
    move = DAG.parse_turn(GOOD, "plan")
    nodes = (Node("A", "director of Vel", "General"), Node("B", "birthplace of {A}", "News"))
    assert move == Move(
        "plan",
        "The director, then the place.",
        GOOD.partition("<search>\n")[2].removesuffix("\n</search>"),
        Plan(nodes, (("A", "B"),), (("A",), ("B",))),
    )
    assert DAG.parse_turn(GOOD, "either") == move


def test_an_answer_is_read_with_and_without_a_thought():
    assert DAG.parse_turn("<answer> 1815\n AD</answer>\n", "answer") == Move(
        "answer", "", "1815 AD"
    )
    action = "Well. <think>Both.</think> So <answer>Lyon</answer>"
    assert DAG.parse_turn(action, "either") == Move("answer", "Well. Both. So", "Lyon")


@given(plans())
def test_every_valid_plan_is_read_as_what_it_says(drawn):
    move = DAG.parse_turn(drawn.text, "plan")
    assert list(move.plan.nodes) == drawn.nodes
    assert set(move.plan.edges) == drawn.edges and len(move.plan.edges) == len(drawn.edges)
    layer_of = {label: depth for depth, layer in enumerate(move.plan.layers) for label in layer}
    assert len(layer_of) == sum(map(len, move.plan.layers)) == len(drawn.nodes)
    assert all(layer_of[parent] < layer_of[child] for parent, child in drawn.edges)
    assert move.text == drawn.block.strip()


@pytest.mark.parametrize("code", MUTATIONS)
@given(rng=st.randoms(use_true_random=False))
def test_every_broken_plan_has_its_code(code, rng):
    action = MUTATIONS[code](rng)
    assert DAG.parse_turn(action, "plan") is ParseError(code)


@pytest.mark.parametrize("code", ANSWER_MUTATIONS)
@given(rng=st.randoms(use_true_random=False))
def test_every_broken_answer_has_its_code(code, rng):
    action = ANSWER_MUTATIONS[code](rng)
    assert DAG.parse_turn(action, "answer") is ParseError(code)


def test_every_code_of_the_grammar_is_broken_on_purpose():
    assert {code.value for code in GRAPH_ERRORS} <= set(MUTATIONS)
    of_others = {"no_step", "bad_step_index", "no_action", "both_actions", "repeated_action"}
    of_others |= {"empty_answer", "forged_marker", "query_not_allowed"}
    of_others |= {"empty_selection", "bad_number", "too_many_facts"}
    assert {code.value for code in ParseError} - of_others == {*MUTATIONS, *ANSWER_MUTATIONS}


def test_graph_errors_are_of_plans_alone():
    """An answer, or a turn whose sections are wrong, can have none of them."""
    assert not {code.value for code in GRAPH_ERRORS} & set(ANSWER_MUTATIONS)
    sections = {"empty", "too_long", "control_characters", "result_in_plan", "no_search", "order"}
    sections |= {"unclosed_tag", "nested_tags", "no_analysis", "text_after_action"}
    assert {code.value for code in GRAPH_ERRORS} == set(MUTATIONS) - sections


@pytest.mark.parametrize("tag", RESULTS)
@pytest.mark.parametrize("phase", ["plan", "answer", "either"])
def test_results_are_never_the_agents_to_write(tag, phase):
    for action in (GOOD.replace("The", tag), f"<answer>{tag}Lyon</answer>", tag):
        assert DAG.parse_turn(action, phase) is ParseError.RESULT_IN_PLAN


@pytest.mark.parametrize(
    "text", ["a <resulting b", "the result: 3 < r", "1<rs>", "&lt;result>", "r>"]
)
def test_words_like_results_are_no_results(text):
    assert isinstance(DAG.parse_turn(GOOD.replace("The", text), "plan"), Move)


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ("<result>\x00", "control_characters"),
        ("<result><think>", "result_in_plan"),
        ("<think><search>", "unclosed_tag"),
        ("<answer>a</answer>" + GOOD + "x", "order"),
        (GOOD.replace("A ->", "?? ->") + "x", "text_after_action"),
        (GOOD.replace("(news)", "(Bing)").replace("A ->", "A -> A ->"), "unknown_tool"),
        (GOOD.replace("(news)", "(Bing)").replace("A ->", "??"), "bad_node"),
        (GOOD.replace("A ->", "B -> A -> Z ->"), "unknown_label"),
    ],
)
def test_of_several_faults_the_first_kind_is_told(broken, code):
    assert DAG.parse_turn(broken, "plan") is ParseError(code)


def test_the_limits_are_the_grammars_own():
    small = DagGrammar(tools=("Wiki",), aliases={"w": "Wiki"}, max_nodes=1, max_words=2)
    action = "<think>t</think><search>A: two words (W)</search>"
    assert small.parse_turn(action, "plan").plan.nodes == (Node("A", "two words", "Wiki"),)
    assert small.parse_turn(action.replace("two", "two more"), "plan") is ParseError.QUERY_TOO_LONG
    assert small.parse_turn(action.replace("(W)", "(W)\nB: b (W)"), "plan") == "too_many_nodes"
    assert small.parse_turn(GOOD, "plan") is ParseError.TOO_MANY_NODES
    assert DagGrammar(["Wiki"]).parse_turn(GOOD, "plan") is ParseError.UNKNOWN_TOOL


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"tools": ()}, r"tools is \(\)"),
        ({"aliases": {"x": "Bing"}}, r"The alias 'x' stands for 'Bing'"),
        ({"max_nodes": 27}, r"max_nodes is 27; it must be a whole number from 1 to 26"),
        ({"max_nodes": True}, r"max_nodes is True"),
        ({"max_words": 0}, r"max_words is 0"),
    ],
)
def test_what_no_grammar_can_be_made_of(keywords, message):
    with pytest.raises(ConfigError, match=message):
        DagGrammar(**keywords)


def test_an_unknown_phase_is_refused():
    with pytest.raises(ConfigError, match=r"phase is 'think'; it may be plan, answer or either"):
        DAG.parse_turn(GOOD, "think")


def test_it_is_made_by_name():
    grammar = make_grammar("dag")
    assert isinstance(grammar, DagGrammar) and grammar.name == "dag"
    assert (grammar.retries, grammar.unreadable_ends, grammar.keep_stop) == (0, True, True)
    assert all(GOOD.endswith(grammar.stop[0]) for _ in grammar.stop)


@pytest.mark.parametrize(
    "grammar", [DAG, DagGrammar(["Wiki"], max_nodes=1, max_words=1), DagGrammar(max_words=2)]
)
def test_the_example_in_the_instructions_can_be_read(grammar):
    said = grammar.instructions
    example = said[said.index("<think>") : said.index("</search>") + len("</search>")]
    move = grammar.parse_turn(example, "plan")
    assert move.plan.depth == min(2, grammar.max_nodes)
    assert f"at most {grammar.max_nodes} nodes" in said.replace("\n", " ")
    assert f"at most {grammar.max_words} words" in said
    assert all(tool in said for tool in grammar.tools)


@given(HOSTILE, HOSTILE)
def test_what_is_written_can_be_read(analysis, text):
    plan = DAG.parse_turn(DAG.write_query(1, analysis, text), "plan")
    assert [(node.label, node.tool) for node in plan.plan.nodes] == [("A", "General")]
    for phase in ("answer", "either"):
        assert DAG.parse_turn(DAG.write_answer(1, analysis, text), phase).kind == "answer"


@given(st.data())
def test_plans_with_hostile_queries_keep_their_nodes_and_edges(data):
    drawn = data.draw(plans())
    grammar = DagGrammar(max_words=data.draw(st.integers(1, 12)))
    nodes = [node._replace(query=data.draw(HOSTILE)) for node in drawn.nodes]
    plan = grammar.parse_turn(grammar.write_plan("", nodes, sorted(drawn.edges)), "plan").plan
    assert [(n.label, n.tool) for n in plan.nodes] == [(n.label, n.tool) for n in nodes]
    assert set(plan.edges) >= drawn.edges
    assert all(len(node.query.split()) <= grammar.max_words for node in plan.nodes)


@given(plans())
def test_a_sound_plan_is_written_as_it_is(drawn):
    plan = DAG.parse_turn(DAG.write_plan("t", drawn.nodes, sorted(drawn.edges)), "plan").plan
    assert list(plan.nodes) == [n._replace(query=n.query.replace(";", ",")) for n in drawn.nodes]
    assert set(plan.edges) == drawn.edges


def test_placeholders_that_close_a_circle_are_defused():
    nodes = [Node("A", "of {B}", "News"), Node("B", "of {A} {Z} #B", "web")]
    plan = DAG.parse_turn(DAG.write_plan("t", nodes, [("A", "B")]), "plan").plan
    assert [node.query for node in plan.nodes] == ["of 'B'", "of {A} 'Z' 'B"]
    plan = DAG.parse_turn(DAG.write_plan("t", [nodes[0], Node("B", "x", "web")]), "plan").plan
    assert plan.edges == (("B", "A"),)


def test_the_largest_plan_can_be_read():
    grammar = DagGrammar(max_nodes=26, max_words=MAX_QUERY_CHARS)
    names = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    nodes = [Node(name, "word " * 5_000, "Academy") for name in names]
    edges = [(a, b) for a in names for b in names if a < b]
    action = grammar.write_plan("why " * 5_000, nodes, edges)
    assert len(action) <= MAX_ACTION_CHARS
    assert grammar.parse_turn(action, "plan").plan.depth == 26


@pytest.mark.parametrize(
    ("nodes", "edges", "fault"),
    [
        ([], [], "no_nodes"),
        ([Node("A", "x", "Bing")], [], "unknown_tool"),
        ([Node("A", "x", None)], [], "unknown_tool"),
        ([Node("A", "x", "News")] * 2, [], "duplicate_label"),
        ([Node("A", "x", "News")], [("A", "A")], "self_loop"),
        ([Node("A", "x", "News")], [["A", "Z"]], "unknown_label"),
        ([Node("A", "x", "News"), Node("B", "x", "News")], [("A", "B"), ("B", "A")], "cycle"),
    ],
)
def test_nodes_that_make_no_plan_are_not_written(nodes, edges, fault):
    with pytest.raises(ConfigError, match=rf"make no plan \({fault}\)\. Give 1 to 8 nodes"):
        DAG.write_plan("t", nodes, edges)


def test_an_action_is_written_of_a_number_and_two_texts():
    for given_, message in [
        (("a", "b", "c"), "The step of an action is a whole number from 1, not 'a'"),
        ((1, None, "c"), "The analysis of an action is a str, not None"),
        ((1, "b", 3), "The query or answer of an action is a str, not 3"),
    ]:
        for write in (DAG.write_query, DAG.write_answer):
            with pytest.raises(ConfigError, match=message):
                write(*given_)
    with pytest.raises(ConfigError, match="The query or answer of an action is a str, not 3"):
        DAG.write_plan("t", [Node("A", 3, "News")])
    assert DAG.parse_turn(DAG.write_query(np.int64(1), "b", np.str_("c")), "plan").plan


def test_a_transcript_is_read_back():
    shown = [("Vel", "A film by Ada.", True), ("Ada", "Born in Lyon.", True)]
    second = DAG.write_plan("t", [Node("C", "Ada", "News")])
    observation = (
        DAG.opening("Where was</search> the director of <result>Vel born?")
        + DAG.before_action()
        + DAG.write_plan("Two.", *_plan())
        + DAG.results(
            DAG.node_lines(Node("A", "", ""), "General", shown[:1], 99)
            + DAG.node_lines(Node("B", "", ""), "News", shown[1:], 99)
        )
        + "".join(DAG.refusal(ParseError.ORDER, "<search>A: forged (News)</search>"))
        + second
        + DAG.results(DAG.node_lines(Node("C", "", ""), "News", [("Ada", "", False)], 99))
    )
    assert observation.count("<result>") == 2 and observation.count("<search>") == 2
    assert DAG.read_queries(observation) == ["director of Vel", "birthplace of {A}", "Ada"]
    assert DAG.read_documents(observation) == [document[:2] for document in shown]
    assert DAG.read_nodes(observation) == {"C": [("Ada", "Born in Lyon.")]}
    assert DAG.unescaped(DAG.opening("a <b>")) == "Question: a <b>\n"


def _plan():
    return DAG.parse_turn(GOOD, "plan").plan.nodes, [("A", "B")]


@given(HOSTILE)
def test_what_the_environment_writes_holds_no_tag_of_others(text):
    written = [DAG.opening(text), *DAG.refusal(ParseError.ORDER, text)]
    written += DAG.node_lines(Node("A", "x", "News"), text, [(text, text, True)], 500)
    for piece in written:
        assert "<think>" not in piece and "<search>" not in piece and "</answer>" not in piece
        assert DAG.parse_turn(piece, "plan") in (ParseError.NO_SEARCH, ParseError.EMPTY)


SLOW = {
    "open tags": "<think>" * 2_340,
    "tags in pairs": "<think></think>" * 1_092,
    "brackets": "<" * MAX_ACTION_CHARS,
    "brackets and blanks": "< " * 8_192,
    "one bracket and blanks": "<" + " " * 16_383,
    "result-like": "<r " * 5_461,
    "wide": "＜ｒ" * 8_192,
    "expanding": "\ufdfa" * MAX_ACTION_CHARS,
    "marks": "a" + "\u0301\u0323" * 8_191,
    "joiners": "\u200d" * MAX_ACTION_CHARS,
    "blanks": "<think>" + " " * 16_376,
}
SLOW_BLOCKS = {
    "round brackets": "A: " + "(" * 16_000 + ")",
    "closed brackets": "A: x " + ")" * 16_000,
    "many ends": "A: x " + "(a) " * 4_000,
    "node breaks": "A: " + "x (News); B: " * 1_200,
    "half breaks": "A: " + ") ; " * 4_000,
    "colons": ":" * 16_000,
    "lines": "\n" * 16_000,
    "headers": "Nodes:" * 2_600,
    "arrows": "Edges: A" + "->A" * 5_400,
    "half arrows": "Edges: A" + "-" * 16_000,
    "edges": "A: x (News)\nB: y (News)\nEdges: " + "A->B;" * 3_200,
    "separators": "Edges: " + ";" * 16_000,
    "placeholders": "A: " + "{A}" * 5_300 + " (News)",
    "half placeholders": "A: " + "{ " * 8_000 + " (News)",
    "hashes": "A: " + "#" * 16_000 + " (News)",
    "blank query": "A: " + " " * 16_000 + "(News)",
    "wide": "Ａ：" * 8_000,
    "many nodes": "A: x (News)\n" * 1_300,
}


@pytest.mark.parametrize("name", [*SLOW, *SLOW_BLOCKS])
def test_hostile_actions_take_linear_time(name):
    action = SLOW.get(name) or f"<think>t</think><search>{SLOW_BLOCKS[name]}</search>"
    assert MAX_ACTION_CHARS - 800 < len(action) <= MAX_ACTION_CHARS
    began = time.process_time()
    DAG.parse_turn(action, "plan")
    # Generous a hundred times over: what would take the square of the length takes minutes.
    assert time.process_time() - began < 5


def test_mutations_and_plans_follow_their_seed():
    for make in (*MUTATIONS.values(), *ANSWER_MUTATIONS.values(), valid_plan, valid_answer):
        assert make(random.Random(7)) == make(random.Random(7))
    texts = [placeholders(valid_plan(random.Random(seed)).text) for seed in range(50)]
    assert any(texts)
