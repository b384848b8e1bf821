import pytest

from hopgym.rewards.words import content_words, naming_words, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ada's film, in 1992", ("ada", "s", "film", "in", "1992")),
        ("L\u00e5nga N\u00c4TTER", ("langa", "natter")),
        ("\uff21\uff44\uff41 x_y", ("ada", "x", "y")),
        ("\u6d77\u5357\u7701 GDP", ("\u6d77\u5357", "\u5357\u7701", "gdp")),
        ("\u7701", ("\u7701",)),
        ("\u304c", ("\u304c",)),
        ("the U.S. and U. K. team", ("the", "us", "and", "uk", "team")),
        ("?! _", ()),
        ("", ()),
    ],
)
def test_words_of_any_script(text, expected):
    assert words(text) == expected


def test_function_words_and_single_letters_tell_nothing():
    assert content_words("Who is the mother of A or {B} in 7 days?") == {"mother", "7", "days"}
    assert content_words("Is it so?") == frozenset()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Which film by Ada Orm is older?", {"ada", "orm"}),
        ("In 1992 who won?", {"1992"}),
        ("Vel is what?", {"vel"}),  # the first word may be any: what is left are all content words
        ("who founded the mormon faith", {"founded", "mormon", "faith"}),
        ("\u6d77\u5357\u7701", {"\u6d77\u5357", "\u5357\u7701"}),
        ("Who Is The?", set()),
        ("Did he leave the US or the U.K.?", {"us", "uk"}),
    ],
)
def test_names_are_capitals_and_numbers_or_else_all_content(text, expected):
    assert naming_words(text) == expected
