import pytest

from hopgym.envs.grammars import grammar_of
from hopgym.envs.typed import how_to, read_action, rules

STEPWISE = {"grammar": "r3", "turn": 1, "remaining": 5}
TAGGED = {"grammar": "search_r1", "turn": 2, "remaining": 1}
PLANNED = {
    **{"grammar": "dag", "turn": 1, "remaining": 2, "phase": "plan"},
    **{"tools": ("General", "Web"), "max_nodes": 8, "max_query_words": 10},
}
LAST = {**PLANNED, "phase": "answer", "remaining": 1}
PLAN = """<think>The director, then the place.</think>
<search>
Nodes:
A: director of Vel (General)

B: birthplace of {A} (Web)
Edges:
A -> B
</search>"""


@pytest.fixture
def typed(monkeypatch, capsys):
    """Type lines, and return the action, what was prompted and what was said."""

    def typed(info, *lines):
        waiting, prompts = [line for text in lines for line in text.split("\n")], []

        def ask(prompt):
            prompts.append(prompt)
            if not waiting:
                raise EOFError
            return waiting.pop(0)

        monkeypatch.setattr("builtins.input", ask)
        return read_action(info), prompts, capsys.readouterr().out

    return typed


def parse(action, info):
    grammar = grammar_of(info)
    if "phase" in info:
        return grammar.parse_turn(action, info["phase"])
    return grammar.parse(action, info["turn"])


@pytest.mark.parametrize("info", [STEPWISE, TAGGED, PLANNED])
def test_a_line_is_a_query(typed, info):
    move = parse(typed(info, "  who made Vel ")[0], info)
    assert "who made Vel" in (move.plan.nodes[0].query if move.plan else move.text)


@pytest.mark.parametrize("info", [STEPWISE, TAGGED, LAST])
def test_what_follows_an_equals_sign_is_the_answer(typed, info):
    move = parse(typed(info, "= 1815")[0], info)
    assert (move.kind, move.text) == ("answer", "1815")


@pytest.mark.parametrize("info", [STEPWISE, TAGGED, LAST])
@pytest.mark.parametrize("nothing", ["=", "= ", "= ?!", "?", "—"])
def test_nothing_is_asked_for_again(typed, info, nothing):
    action, prompts, said = typed(info, nothing, "= Ada")
    assert parse(action, info).text == "Ada" and len(prompts) == 2
    assert f"there is no letter or digit in that. {how_to(info)}" in said


def test_a_plan_is_one_line(typed):
    for line, edges in [
        ("A: x (General); B: of {A} (web)", (("A", "B"),)),
        ("A: x (General); B: y (web); edges: A -> B", (("A", "B"),)),
        ("B : y (web) Edges: none", ()),
    ]:
        plan = parse(typed(PLANNED, line)[0], PLANNED).plan
        assert plan.edges == edges and plan.nodes[-1].tool == "Web"


def test_a_pasted_plan_is_taken_as_it_is(typed):
    action, prompts, said = typed(PLANNED, PLAN, "= later")
    assert action == PLAN and len(prompts) == len(PLAN.split("\n")) and not said
    in_one = "<think>t</think><search>A: x (Web)</search>"
    assert typed(PLANNED, in_one)[:2] == (in_one, ["2 turns left> "])
    assert typed(LAST, "<think>t</think>\n<answer>Ada</answer>")[0].endswith("Ada</answer>")
    assert typed(TAGGED, "<search>\nVel\n</search>")[0] == "<search>\nVel\n</search>"


def test_a_pasted_step_is_taken_as_it_is(typed):
    step = "Step 1:\nThe problem analysis: I look.\n\nThe retrieval query: who made Vel"
    assert typed(STEPWISE, step, "= later")[0] == step
    assert "Step by step" in typed(STEPWISE, "Step by step")[0]


def test_a_pasted_action_that_is_none_is_asked_for_again(typed):
    action, prompts, said = typed(PLANNED, PLAN.replace("(Web)", "(Bing)"), PLAN)
    assert action == PLAN and prompts.count("2 turns left> ") == 2
    assert "not understood (unknown_tool). Node B names no tool" in said
    assert "The tools: General, Web." in said


def test_the_grammar_says_what_is_wrong(typed):
    for info, line, said in [
        (LAST, "A: x (Web)", "not understood (order). A turn has one thought inside the tag think"),
        (PLANNED, "A: " + "word " * 11 + "(Web)", "(query_too_long). The query of node A"),
        (PLANNED, "= Ada", "not understood (order)."),
        (TAGGED, "</search>", "(unclosed_tag). The tag search or answer lacks its other half"),
    ]:
        action, _, heard = typed(info, line)
        assert action is None and said in heard


def test_a_grammar_without_reasons_says_its_code(typed, monkeypatch):
    monkeypatch.delattr("hopgym.envs.grammars.dag.DagGrammar.reason")
    assert "not understood (order). Type = and the answer." in typed(LAST, "A: x (Web)")[2]


def test_facts_are_typed_as_numbers(typed):
    once = {"grammar": "select", "select_mode": "one_shot", "turn": 1, "remaining": 1}
    turns = {**once, "select_mode": "sequential", "remaining": 9}
    assert parse(typed(once, " 2,5 ")[0], once).numbers == (2, 5)
    assert parse(typed(turns, "stop")[0], turns).kind == "stop"
    action, _, said = typed(once, "two", "none")
    assert parse(action, once).text == "none"
    assert "not understood (bad_number). A selection holds" in said
    assert "Type the numbers of facts, such as 2, 5; or none." in said
    assert rules(turns) == "Type the numbers of facts, such as 2, 5; or stop. `quit` stops."
    assert typed(turns, "<select>1</select>")[0] == "<select>1</select>"


def test_turns_are_counted_in_english(typed):
    assert typed(TAGGED)[1] == ["1 turn left> "] and typed(STEPWISE)[1] == ["5 turns left> "]


@pytest.mark.parametrize("lines", [(), ("", " "), ("quit",), ("EXIT",), ("<think>", "quit")])
def test_one_can_stop_at_any_time(typed, lines):
    assert typed(PLANNED, *lines)[0] is None


def test_the_rules_are_told():
    assert rules(STEPWISE) == "Type a query, or = and the answer. `quit` stops."
    assert rules(PLANNED) == (
        "Type a query, or a plan as A: query (General); B: query with {A} (Web). `quit` stops. "
        "After it: = and the answer.\n"
        "Sources: General, Web. At most 8 searches, of 10 words each."
    )
    assert how_to({**PLANNED, "phase": "either"}).endswith("(Web), or = and the answer.")
    assert "B: query with {A} (Wiki)" in how_to({**PLANNED, "tools": ("Wiki",)})


def test_where_documents_are_shown_first_an_answer_is_typed_as_it_is(monkeypatch):
    once = {"grammar": "rag_answer", "turn": 1, "remaining": 1}
    assert how_to(once) == "Type the answer."
    for line in ("Lyon [DOC_1]", "= Lyon [DOC_1]"):
        monkeypatch.setattr("builtins.input", lambda prompt, line=line: line)
        assert read_action(once).endswith("\nAnswer: Lyon [DOC_1]")
    asks = {"grammar": "rag", "turn": 1, "remaining": 2}
    assert how_to(asks) == "Type a query, or = and the answer."
    for line, action in (
        ("the town", "Typed by hand.\nQuery: the town"),
        ("Query: the town", "Query: the town"),
        ("= Lyon", "Typed by hand.\nAnswer: Lyon"),
    ):
        monkeypatch.setattr("builtins.input", lambda prompt, line=line: line)
        assert read_action(asks) == action
    assert how_to({**asks, "remaining": 1}) == "Type the answer."
