import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopgym.rewards.claims import said_plainly, split_claims, wanted


def claims(text):
    return [claim.text for claim in split_claims(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tessa", ["Tessa"]),
        ("Ada R. Orm made it. Dr. Tull did not!", ["Ada R. Orm made it.", "Dr. Tull did not!"]),
        ("- Vel; 1990\n* Ull\n1. Lun", ["Vel", "1990", "Ull", "Lun"]),
        ("Vel is old [1]. Ull is new [2, 3].", ["Vel is old.", "Ull is new."]),
        ("It cost 1,270.5 and more.", ["It cost 1,270.5 and more."]),
        ("\u6d77\u5357\u7701\u3002\u5317\u4eac", ["\u6d77\u5357\u7701", "\u5317\u4eac"]),
    ],
)
def test_claims_are_sentences_and_items(text, expected):
    assert claims(text) == expected


@pytest.mark.parametrize("text", ["", "Yes.", "no", "I do not know.", "Unknown", "it", "x", "?!"])
def test_what_cannot_be_checked_is_no_claim(text):
    assert claims(text) == []


@given(st.text(max_size=80))
def test_a_claim_knows_where_it_stands(text):
    for claim in split_claims(text):
        assert 0 <= claim.start < claim.end <= len(text)
        assert claim.text.split()[0] in " ".join(text[claim.start : claim.end].split())


def test_places_are_those_of_the_text():
    text = "- Vel is old [1]. Ull is new.\n- Lun; Marn"
    found = [text[claim.start : claim.end] for claim in split_claims(text)]
    assert found == ["Vel is old [1].", "Ull is new.", "Lun", "Marn"]


def test_names_and_numbers_are_strict():
    found = wanted("The director of Vel was Ada Orm in 1990.")
    assert found.strict == {"vel", "ada", "orm", "1990"} and found.other == {"director"}
    assert not found.negated and found.opening == ""
    assert wanted("lyon in france").strict == {"lyon", "france"}
    assert wanted("Ada was born in Tessa.").opening == "ada"


def test_what_the_question_says_needs_no_support():
    found = wanted("Vel was directed by Ada Orm.", "Who directed Vel?")
    assert found.strict == {"ada", "orm"} and not found.other
    assert wanted("Vel", "Which is older, Vel or Ull?").strict == {"vel"}  # a choice does


@pytest.mark.parametrize("text", ["It isn't Vel.", "Vel was never shown.", "No film is Vel."])
def test_a_negation_is_told(text):
    assert wanted(text).negated


def test_short_forms_of_not():
    assert said_plainly("wasn\u2019t, can't") == "was not, ca not"
