import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopgym.envs.grammars.text import CONTROL, folded, is_degenerate, one_line


@given(st.text(), st.integers(1, 50))
def test_one_line_is_short_and_has_no_control_characters(text, limit):
    line = one_line(text, limit)
    assert len(line) <= limit
    assert not CONTROL.search(line) and "\n" not in line
    assert line == line.strip()


def test_direction_marks_and_zero_width_characters_go():
    assert one_line("gold\u202e\u200b en") == "gold en"


def test_line_separators_part_words():
    assert one_line("a\u2028b\u0085c") == "a b c"


def test_joiners_stay_between_letters_that_need_them():
    word = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"  # Persian "I want"
    assert one_line(word) == word
    assert one_line("go\u200cld \u200d!") == "gold !"


def test_folding_shows_what_a_tokenizer_may_see():
    assert folded("plain") == "plain"
    assert folded("\uff34\u200b\uff48\uff45 \uff46\uff49nal") == "The final"


@pytest.mark.parametrize("text", ["$", "a", "7", "\u221e", "\u5317"])
def test_one_letter_digit_or_symbol_is_something(text):
    assert not is_degenerate(text)


@pytest.mark.parametrize("text", ["", "?!", " \t", "---", "\u200b"])
def test_punctuation_alone_is_nothing(text):
    assert is_degenerate(text)
