import pytest

from hopgym.agents.phrases import (
    Comparison,
    Lookup,
    Meeting,
    Whole,
    conditions,
    measure,
    next_part,
    picks_least,
    simplify,
)


def test_the_innermost_relation_comes_first():
    part = next_part(
        "Who was the explorer of the river that flows through the birthplace of Zix Orm?"
    )
    assert isinstance(part, Lookup) and part.text == "the birthplace of Zix Orm"
    assert part.queries == ("birthplace of Zix Orm", "Zix Orm")


def test_a_type_before_a_name_is_no_relation():
    part = next_part("Which film adapts the book The Red Door?")
    assert part == Whole("Which film adapts the book The Red Door?", (part.text,))
    assert isinstance(next_part("Which band has the home town Vel?"), Whole)


@pytest.mark.parametrize(
    ("question", "items", "what", "least"),
    [
        ("the oldest of Vel, Orm and The Late Ull", ["Vel", "Orm", "The Late Ull"], "year", True),
        ("the largest of Vel and Orm", ["Vel", "Orm"], "population", False),
        (
            "the latest of Vel and Orm and the Thrones",
            ["Vel", "Orm and the Thrones"],
            "year",
            False,
        ),
    ],
)
def test_comparisons_of_a_list(question, items, what, least):
    part = next_part(f"What is the birth year of {question}?")
    assert isinstance(part, Comparison) and part.text == question
    assert part.queries == tuple(f"{item} {what}" for item in items)
    assert measure(question) == what and picks_least(question) is least


def test_comparisons_of_two():
    part = next_part("Who was born later, Ada Orm or Bo Lin?")
    assert isinstance(part, Comparison) and part.queries == ("Ada Orm year", "Bo Lin year")
    assert not picks_least(part.text)


def test_conditions_meet():
    part = next_part(
        "What is the birth year of the person that has the employer Vel and wrote Orm?"
    )
    assert isinstance(part, Meeting) and conditions(part) == ["has the employer Vel", "wrote Orm"]
    whole = next_part("Which ship has the captain Ada and had the builder Orm Works?")
    assert conditions(whole) == ["has the captain Ada", "had the builder Orm Works"]
    assert len(whole.queries) == 3


def test_a_condition_after_a_described_name_belongs_outside():
    text = "Which city lies in the region the region that contains Vel and lies on the river Ull?"
    assert next_part(text).text == "the region that contains Vel"


def test_simplify_drops_types():
    assert simplify("the population of the city with Vel?") == "the population of Vel?"
    assert simplify("the founder of Vel?") == "the founder of Vel?"


def test_anything_else_is_whole():
    for text in ("", "?", "why", "Is it?", "the the the", "A" * 1000):
        assert next_part(text) == Whole(text, (text,))
