import numpy as np
import pytest

from hopgym.envs.grammars import make_grammar
from hopgym.envs.grammars.base import MAX_QUERY_CHARS, ParseError, check_content, check_size
from hopgym.errors import ConfigError, UnknownNameError


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


@pytest.mark.parametrize("name", ["r3", "search_r1"])
def test_an_action_is_written_of_a_number_and_two_texts(name):
    grammar = make_grammar(name)
    for given, message in [
        (("a", "b", "c"), "The step of an action is a whole number from 1, not 'a'"),
        ((1, None, "c"), "The analysis of an action is a str, not None"),
        ((1, "b", 3), "The query or answer of an action is a str, not 3"),
    ]:
        for write in (grammar.write_query, grammar.write_answer):
            with pytest.raises(ConfigError, match=message):
                write(*given)
    assert grammar.parse(grammar.write_query(np.int64(1), "b", np.str_("c")), 1).text == "c"


def test_a_grammar_that_cannot_be_made_is_named(tmp_path):
    file = tmp_path / "my.py"
    file.write_text("def tags():\n    raise RuntimeError('no tags')\n")
    with pytest.raises(
        ConfigError, match=r"grammar factory '.*:tags' raised RuntimeError: no tags \(line 2 of"
    ):
        make_grammar(f"{file}:tags")


def test_a_grammar_is_made_with_options():
    grammar = make_grammar("dag", tools=("Web", "News"), max_nodes=3, max_words=4)
    assert (grammar.tools, grammar.max_nodes, grammar.max_words) == (("Web", "News"), 3, 4)


def test_options_that_do_not_exist_are_refused():
    with pytest.raises(ConfigError, match=r"'dag' raised .* unexpected keyword argument 'tool'"):
        make_grammar("dag", tool="Web")
    with pytest.raises(ConfigError, match=r"made already: it takes no options \(max_nodes\)"):
        make_grammar(make_grammar("r3"), max_nodes=3)
