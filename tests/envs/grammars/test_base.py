import pytest

from hopgym.envs.grammars import make_grammar
from hopgym.envs.grammars.base import MAX_QUERY_CHARS, ParseError, check_content, check_size
from hopgym.errors import UnknownNameError


def test_size_is_checked_before_anything_else():
    assert check_size("x" * 10_000_000) is ParseError.TOO_LONG
    assert check_size("fine\n\ttoo") is None


def test_content_needs_a_letter_or_a_digit():
    assert check_content("query", "_-_") is ParseError.DEGENERATE
    assert check_content("query", "東京") is None
    assert check_content("answer", "x" * (MAX_QUERY_CHARS + 1)) is ParseError.TOO_LONG


def test_an_unknown_grammar_is_named_with_its_neighbour():
    with pytest.raises(UnknownNameError, match=r"Unknown grammar 'r33'. Did you mean 'r3'"):
        make_grammar("r33")
