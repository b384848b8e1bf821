import pytest

from hopgym.retrieval.readers.asking import asked, wants_number, wants_verdict


def test_names_and_other_words_are_told_apart():
    found = asked("Which person has the birthplace Vel and attended University of Orm?")
    assert found.names == ({"vel"}, {"university", "orm"})
    assert found.named == {"vel", "university", "orm"}
    assert found.stems == ("person", "birthplac", "attend")
    assert found.senses == {"birth", "education"}
    assert found.kinds == {"person"}


def test_a_compressed_query_asks_the_same():
    full = asked("Which river flows through The Wheel of Orm?")
    short = asked("river flows Wheel Orm")
    assert (full.names, full.stems, full.kinds, full.sorts) == (
        short.names,
        short.stems,
        short.kinds,
        short.sorts,
    )


@pytest.mark.parametrize(
    ("query", "sorts"),
    [
        ("the founding year of Vel", {"number"}),
        ("How many people live in Vel?", {"number"}),
        ("When was Ada born?", {"date", "number"}),
        ("date birth Ada", {"date", "number"}),
        ("Who was born in the year 1990?", {"name"}),
        ("Which film came out in the year 1990?", {"name"}),
        ("What year did Vel come out?", {"number"}),
        ("the director of Vel", {"name"}),
        ("", {"name"}),
    ],
)
def test_what_sort_may_answer(query, sorts):
    assert asked(query).sorts == sorts


def test_a_year_is_asked_for_as_such():
    assert asked("the founding year of Vel").kinds == {"year"}
    assert asked("the population of Vel").kinds == frozenset()


def test_numbers_and_verdicts():
    assert wants_number("How many people live in Vel?") and not wants_number("Who made Vel?")
    assert wants_verdict("Are Vel and Orm both films?") and not wants_verdict("Who are they?")
    assert not wants_verdict("Has Vel year")  # a name may look like a question
