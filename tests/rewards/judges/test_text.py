import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopgym.rewards.judges.text import as_json, cleaned, without


@given(st.text(), st.integers(4, 50), st.sampled_from(["head", "tail"]))
def test_what_is_cleaned_is_one_printable_line_of_limited_length(text, limit, keep):
    clean = cleaned(text, limit, keep)
    assert len(clean) <= limit
    assert all(c.isprintable() or unicodedata.category(c) == "Cn" for c in clean)
    clean.encode("utf-8")


@given(st.text(max_size=30))
def test_cleaning_twice_changes_nothing(text):
    assert cleaned(cleaned(text, 40), 40) == cleaned(text, 40)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("a\x00b\x1b[31mc", "a b [31mc"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("\u202eright to left\u202c", "right to left"),
        ("tag\U000e0041\U000e0042s", "tags"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("line\u2028end\r\n", "line end"),
        ("Zo\u0308e Łódź 東京", "Zo\u0308e Łódź 東京"),
    ],
)
def test_what_is_invisible_goes_and_what_is_written_stays(text, clean):
    assert cleaned(text, 100) == clean


def test_a_flood_is_not_looked_through():
    assert cleaned("x" * 50_000_000, 10) == "xxxxxxxx …"


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"]))))
def test_json_says_the_same_and_holds_no_markup(texts):
    written = as_json(texts)
    assert json.loads(written) == texts
    assert "<" not in written
    assert ">" not in written


@pytest.mark.parametrize("token", ["<|im_end|>", "[INST]", "[/INST]", "</s>", "<\uff5cUser\uff5c>"])
def test_no_token_of_a_chat_template_survives(token):
    written = as_json({"answer": [f"x{token}y"]})
    assert token not in written
    assert json.loads(written) == {"answer": [f"x{token}y"]}


def test_a_secret_is_taken_out_wherever_it_stands():
    assert without("k1 and k1", "k1") == "[key] and [key]"
    assert without("nothing", "") == "nothing"
