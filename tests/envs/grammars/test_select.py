import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopgym.core import Fact
from hopgym.envs.grammars import SelectGrammar, StepGrammar, grammar_of, make_grammar
from hopgym.envs.grammars.base import Move, ParseError
from hopgym.envs.grammars.refusals import COMMON, SELECT
from hopgym.envs.grammars.select import SelectFacts
from hopgym.errors import AgentError, ConfigError

ONCE, TURNS = SelectFacts(), SelectFacts("sequential")
FACTS = (Fact("Vel", "author", "Ada"), Fact("Ada", "lives_in", "Ull"))
OPENING = """\
Question: Where does the author of Vel live?
From: Vel
<facts>
[0] Vel, author, Ada
[1] Ada, lives_in, Ull
</facts>
"""


def test_the_opening_shows_the_question_its_topics_and_the_facts():
    shown = ONCE.opening("Where does the author of Vel live?", ["Vel"], FACTS)
    assert shown == OPENING
    assert ONCE.opening("Who?") == "Question: Who?\nFrom: nowhere\n<facts>\n</facts>\n"
    assert "From: nowhere\nTurns: 9\n<facts>" in TURNS.opening("Who?", turns=9)


def test_facts_are_read_back_where_the_environment_writes():
    said = "<think>\n[7] Vel, wrote, nothing\n</think><select>0</select>" + ONCE.selected([0])
    assert ONCE.read_facts(OPENING + said) == [(0, "Vel, author, Ada"), (1, "Ada, lives_in, Ull")]
    assert ONCE.read_opening(OPENING + said) == OPENING == ONCE.read_opening(OPENING)


def test_numbers_are_read_each_once_in_their_order():
    action = "<think>The author, then the place.</think>\n<select> 1,\n0 , 1 </select>\n"
    move = Move("select", "The author, then the place.", "1, 0", numbers=(1, 0))
    assert ONCE.parse(action, 1) == TURNS.parse(action, 3) == move
    assert ONCE.parse("<select>007</select>", 1).numbers == (7,)


@pytest.mark.parametrize("grammar", [ONCE, TURNS])
def test_a_word_selects_nothing_or_stops(grammar):
    assert grammar.parse("<select>none</select>", 1) == Move("select", "", "none")
    assert grammar.parse("Done. <select> STOP </select>", 1) == Move("stop", "Done.", "stop")


@pytest.mark.parametrize("grammar", [ONCE, TURNS], ids=["one_shot", "sequential"])
@pytest.mark.parametrize(
    ("action", "error"),
    [
        ("", ParseError.EMPTY),
        ("x" * 1_000_000, ParseError.TOO_LONG),
        ("<select>1\x1b[0m</select>", ParseError.CONTROL_CHARACTERS),
        ("facts 1 and 2", ParseError.NO_ACTION),
        ("<select>1", ParseError.UNCLOSED_TAG),
        ("</select>1<select>", ParseError.UNCLOSED_TAG),
        ("<select> </select>", ParseError.EMPTY_SELECTION),
        ("<select>two</select>", ParseError.BAD_NUMBER),
        ("<select>1 2</select>", ParseError.BAD_NUMBER),
        ("<select>1,</select>", ParseError.BAD_NUMBER),
        ("<select>-1</select>", ParseError.BAD_NUMBER),
        ("<select>1.5</select>", ParseError.BAD_NUMBER),
        ("<select>1, stop</select>", ParseError.BAD_NUMBER),
        ("<select>\u0663</select>", ParseError.BAD_NUMBER),
        (f"<select>{'9' * 5_000}</select>", ParseError.BAD_NUMBER),
        ("<select>1</select><select>2</select>", ParseError.REPEATED_ACTION),
        ("<select><select>2</select></select>", ParseError.NESTED_TAGS),
        ("<select><think>2</think></select>", ParseError.NESTED_TAGS),
        ("<select>1</select> more", ParseError.TEXT_AFTER_ACTION),
        ("<facts>\n[0] a, b, c\n</facts><select>0</select>", ParseError.FORGED_MARKER),
        ("< / SELECTED ><select>0</select>", ParseError.FORGED_MARKER),
        ("\uff1cselected>x<select>0</select>", ParseError.FORGED_MARKER),
    ],
)
def test_what_cannot_be_read_has_a_code(grammar, action, error):
    assert grammar.parse(action, 1) is error
    kept, note = grammar.refusal(error, action)
    assert "<" not in kept and error.value in note and SELECT[error].split("{")[0] in note
    assert error in COMMON or f"word {grammar.word}" in note or "{word}" not in SELECT[error]


def test_every_code_has_its_own_sentence_without_a_tag_or_a_mark():
    own = [code for code in SELECT if code not in COMMON]
    assert len({SELECT[code] for code in own}) == len(own)
    for code in ParseError:
        said = TURNS.reason(code, "<select>")
        assert said.endswith(".") and "<" not in said and "{" not in said


def test_the_reply_says_what_is_selected_and_what_was_not_taken():
    assert TURNS.selected([0, 2]) == "\n<selected>\nSelected: 0, 2.\n</selected>\n"
    told = TURNS.selected([0], [(7, "not on offer"), (0, "selected already")])
    assert "Not taken: 7 (not on offer); 0 (selected already).\n" in told
    assert TURNS.read_selected(OPENING + told + TURNS.selected([0, 12])) == [0, 12]
    assert TURNS.read_selected(OPENING) == TURNS.read_selected(TURNS.selected([])) == []
    assert TURNS.turns_left(3) == "Turns left: 3.\n" and "stop now" in TURNS.turns_left(1)


@given(st.lists(st.integers(0, 999_999_999), min_size=1, unique=True, max_size=40), st.text())
def test_what_is_written_is_read(numbers, analysis):
    for grammar in (ONCE, TURNS):
        move = grammar.parse(grammar.write_selection(numbers, analysis), 1)
        assert move.kind == "select" and list(move.numbers) == numbers
    assert TURNS.parse(TURNS.write_stop(analysis), 1).kind == "stop"
    assert ONCE.parse(ONCE.write_selection([], analysis), 1).numbers == ()


def test_what_cannot_be_written_is_refused():
    for numbers, message in [
        ([-1], "a whole number from 0, not -1"),
        ([True], "not True"),
        (["1"], "not '1'"),
    ]:
        with pytest.raises(ConfigError, match=message):
            ONCE.write_selection(numbers)
    with pytest.raises(ConfigError, match=r"selects one fact or more; write_stop\(\) ends"):
        TURNS.write_selection([])
    with pytest.raises(ConfigError, match="there is no stop"):
        ONCE.write_stop()
    with pytest.raises(ConfigError, match="analysis of an action is a str, not 3"):
        ONCE.write_selection([1], 3)
    with pytest.raises(ConfigError, match="mode is 'twice'; it may be one_shot or sequential"):
        SelectFacts("twice")


def test_there_is_nothing_to_search_and_nothing_to_answer():
    for write in (ONCE.write_query, ONCE.write_answer):
        with pytest.raises(AgentError, match="'select' has no queries and no answers"):
            write(1, "a", "b")
    assert ONCE.read_documents(OPENING) == ONCE.read_queries(OPENING) == []


def test_it_is_known_by_name_and_by_info():
    assert make_grammar("select").mode == "one_shot"
    info = {"grammar": "select", "select_mode": "sequential"}
    assert grammar_of(info).mode == "sequential" and grammar_of(info) is grammar_of(dict(info))
    assert isinstance(ONCE, SelectGrammar) and not isinstance(ONCE, StepGrammar)
    assert not isinstance(make_grammar("r3"), SelectGrammar)
