from hypothesis import given
from hypothesis import strategies as st

from hopgym.envs.grammars.text import CONTROL, one_line


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
