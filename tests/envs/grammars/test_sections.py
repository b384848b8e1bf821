import pytest

from hopgym.envs.grammars.base import ParseError
from hopgym.envs.grammars.sections import Section, check_order, read_sections

TURNS = {
    "t": "<think>why</think>",
    "s": "<search>A: x (News)</search>",
    "a": "<answer>Lyon</answer>",
    "e": "<think> </think>",
    "x": "some text",
}


def test_sections_say_where_they_stand():
    assert read_sections("So: <think>a</think>\n<answer>b</answer>!") == [
        Section("think", "a", 4, 20),
        Section("answer", "b", 21, 39),
    ]
    assert read_sections("<Think>a</Think> <b>x</b>") == []


@pytest.mark.parametrize(
    ("action", "error"),
    [
        ("<think>", ParseError.UNCLOSED_TAG),
        ("</think>", ParseError.UNCLOSED_TAG),
        ("</think><think>", ParseError.UNCLOSED_TAG),
        ("<think>a <search>b</search>", ParseError.UNCLOSED_TAG),
        ("<think>a</think></answer>", ParseError.UNCLOSED_TAG),
        ("<think><think></think></think>", ParseError.NESTED_TAGS),
        ("<think><search></search></think>", ParseError.NESTED_TAGS),
        ("<think><search></think></search>", ParseError.NESTED_TAGS),
    ],
)
def test_broken_tags(action, error):
    assert read_sections(action) is error


@pytest.mark.parametrize(
    ("turns", "plan", "answer", "either"),
    [
        ("ts", None, "order", None),
        ("s", "no_analysis", "order", "no_analysis"),
        ("es", "no_analysis", "order", "no_analysis"),
        ("a", "order", None, None),
        ("ta", "order", None, None),
        ("ea", "order", None, None),
        ("x", "no_search", "missing_answer", "missing_answer"),
        ("t", "no_search", "missing_answer", "missing_answer"),
        ("tt", "no_search", "missing_answer", "missing_answer"),
        ("st", "order", "order", "order"),
        ("tss", "order", "order", "order"),
        ("tts", "order", "order", "order"),
        ("at", "order", "order", "order"),
        ("aa", "order", "order", "order"),
        ("tta", "order", "order", "order"),
        ("tsa", "order", "order", "order"),
        ("tsta", "order", "order", "order"),
    ],
)
def test_each_turn_has_its_order(turns, plan, answer, either):
    sections = read_sections("".join(TURNS[turn] for turn in turns))
    assert check_order(sections, "plan") == plan
    assert check_order(sections, "answer") == answer
    assert check_order(sections, "either") == either
