import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopgym.envs.grammars.text import (
    CONTROL,
    count_words,
    first_words,
    folded,
    is_degenerate,
    one_line,
    seen_through,
    without_tags,
)


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


def test_folding_many_combining_marks_takes_no_longer_than_other_text():
    marks = "a" + "\u0301\u0323" * 40_000
    began = time.process_time()
    assert len(folded(marks)) <= len(marks)
    assert time.process_time() - began < 1.5  # whole, it takes seconds


def test_folding_a_long_text_is_folding_its_letters():
    text = "\uff34\uff48\uff45 \ufb01lm \u6771\u4eac " * 400
    assert folded(text) == unicodedata.normalize("NFKC", text)


@pytest.mark.parametrize("text", ["\uff1c\uff52\u200d\uff45\uff53>", "<r\u200bes>", "<res>"])
def test_joiners_between_full_width_letters_hide_nothing(text):
    assert seen_through(text) == "<res>"


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("a <think> b", "a &lt;think> b"),
        ("</ result>< / x>", "&lt;/ result>&lt; / x>"),
        ("\uff1cresult\uff1e", "&lt;result>"),
        ("\u2039r\u203a", "&lt;r\u203a"),
        ("<|im_end|>", "&lt;|im_end|>"),
        ("1 < 2 <3 <", "1 < 2 <3 <"),
        ("a\n<b", "a &lt;b"),
    ],
)
def test_no_tag_begins_in_what_is_shown(text, safe):
    assert without_tags(text) == safe


@pytest.mark.parametrize(
    ("limit", "cut"), [(9, "ab &lt;cd"), (8, "ab &lt;c"), (6, "ab"), (2, "ab")]
)
def test_a_cut_leaves_no_half_of_an_escape(limit, cut):
    assert without_tags("ab <cd", limit) == cut


def test_what_is_short_enough_is_not_cut():
    assert without_tags("AT&", 3) == "AT&"


@given(st.text(st.sampled_from("<\uff1c\u2039/| \u200dreult\uff52>") | st.characters()))
def test_what_has_no_tags_has_none_however_it_is_seen(text):
    safe = without_tags(text)
    assert without_tags(safe) == safe
    assert "<r" not in seen_through(safe) and "</r" not in seen_through(safe)


def test_a_cut_leaves_no_half_words_where_one_ends_near():
    assert one_line("born in 1270 in Vel", 10) == "born in"
    assert one_line("born in 1270 in Vel", 12) == "born in 1270"
    assert one_line("x" * 50, 40) == "x" * 40
    assert one_line("a " + "x" * 50, 40) == "a " + "x" * 38
    assert one_line("\u6771" * 50, 40) == "\u6771" * 40
    assert one_line("ab", 1) == "a"


PIECES = ["a", "7", "_", "&", "/", " ", "\u5317", "\u3000", "x" * 30, "'", "\n"]


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join), st.integers(1, 6))
def test_the_first_words_are_as_many_as_may_be(text, most):
    words, cut = text.split(), first_words(text, most)
    assert count_words(cut) <= most
    kept = cut.split()
    if kept and kept == words[: len(kept)]:
        assert kept == words or count_words(" ".join(words[: len(kept) + 1])) > most
    else:  # not even one word: a part of it
        assert text.startswith(cut) and (not words or count_words(words[0]) > most)


def test_the_first_words_of_a_long_text_are_read_once():
    assert first_words("a/" * 200_000, 3) == "a/a/a/a/a/a"
    assert len(first_words("a " * 200_000, 100_000).split()) == 100_000
