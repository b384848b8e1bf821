import pytest

from hopgym.retrieval.readers.names import names, numbers, sentences, value


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


def test_numbers_and_what_they_are_worth():
    assert numbers("12,500 people in 1815, 7 of them of type 3.2 or B2") == ["12,500", "1815", "7"]
    assert numbers("9" * 5_000) == []
    assert [value(n) for n in ("12,500", "7")] == [12500, 7]


def test_sentences_split_at_stops_before_capitals():
    assert sentences("A 3.5 m wall. It fell! Why? e.g. so.") == [
        "A 3.5 m wall.",
        "It fell!",
        "Why? e.g. so.",
    ]
