import pytest

from hopgym.retrieval.readers.names import (
    candidates,
    dated,
    known_names,
    mentioned,
    names,
    numbered,
    numbers,
    overlaps,
    sentences,
    split,
    value,
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Who is the author of The Blue Meadow?", ["The Blue Meadow"]),
        ("The author of Vel is Ada.", ["Vel", "Ada"]),
        ("the oldest of The Wheel of Orm, Vel and The Twin Voice", ["The Wheel of Orm", "Vel", "The Twin Voice"]),
        ("Ull and the Late Thrones has the singer Zoé O'Hara.", ["Ull and the Late Thrones", "Zoé O'Hara"]),
        ("Ada's film", ["Ada"]),
        ("nothing here", []),
        ("Which of these?", []),
        ("A " * 5_000, []),
        ("", []),
    ],
)  # fmt: skip
def test_names(text, found):
    assert names(text) == found


@pytest.mark.parametrize(
    "text", ["When did Ada's film of Bo Lin, The Orm, come out?", "It was Vel.", "In the Orm Sea"]
)
def test_mentioned_says_where_each_name_begins(text):
    assert [name for name, _ in mentioned(text)] == names(text)
    assert all(text[start:].startswith(name) for name, start in mentioned(text))


def test_numbers_and_what_they_are_worth():
    text = "12,500 people in 1815, 7 of them of type 3.2 or B2"
    assert numbers(text) == ["12,500", "1815", "7"]
    assert [text[start:].startswith(number) for number, start in numbered(text)] == [True] * 3
    assert numbers("9" * 5_000) == []
    assert [value(n) for n in ("12,500", "7")] == [12500, 7]


def test_days_in_both_orders_and_no_others():
    text = "Born 10 May 1815 or on May 11, 1815; in May 1815 a child of the 3rd June 1790."
    assert [day for day, _ in dated(text)] == ["10 May 1815", "May 11, 1815", "3rd June 1790"]
    assert all(text[start:].startswith(day) for day, start in dated(text))


def test_sentences_split_at_stops_before_capitals():
    assert sentences("A 3.5 m wall. It fell! Why? e.g. so.") == [
        "A 3.5 m wall.",
        "It fell!",
        "Why? e.g. so.",
    ]


def test_sentences_do_not_split_after_initials_and_titles():
    assert split("Dr. Ada R. G. Orm met St. Bo and Mrs. Lin. They left.") == (
        "Dr. Ada R. G. Orm met St. Bo and Mrs. Lin.",
        "They left.",
    )


def test_a_first_word_is_a_name_only_if_known():
    documents = [("Notes on Vel", "News reached us of Vel. Vel lies in Orm.")]
    known = known_names(documents)
    assert candidates("News reached us of Vel.", known) == ["Vel"]
    assert candidates("Vel lies in Orm.", known) == ["Vel", "Orm"]


def test_overlaps():
    assert overlaps("Orm", ["Ada Orm"]) and not overlaps("Bo", ["Ada Orm"])
