import pytest

from hopgym.rewards.judges.option_sets import options, set_f1


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("A", "a"),
        ("AC", "ac"),
        ("A, C", "ac"),
        ("a and c", "ac"),
        ("(A) (C)", "ac"),
        ("A C", "ac"),
        ("A. Vel; C) Ull", "ac"),
        ("The answers are: A and C.", "ac"),
        ("options B, D", "bd"),
    ],
)
def test_letters_are_found_as_people_write_them(text, letters):
    assert options(text, lettered=True) == frozenset(letters)


def test_sets_are_compared_without_order_and_repetition():
    assert set_f1("Ull; Vel", ["Vel and Ull"]) == 1
    assert set_f1("Vel, Vel, Vel", ["Vel, Ull"]) == pytest.approx(2 / 3)
    assert set_f1("the Vel\nOrm", ["Vel, Ull"]) == 0.5
    assert set_f1("", ["Vel"]) == set_f1("Vel", [""]) == set_f1("Vel", []) == 0


def test_naming_all_costs_precision():
    assert set_f1("A, B, C, D", ["B"]) == pytest.approx(0.4)
    assert set_f1("Vel, Ull, Orm", ["Vel"]) == 0.5


def test_what_names_no_letter_is_a_wrong_option():
    assert set_f1("A, something else", ["A"]) == pytest.approx(2 / 3)
    assert set_f1("Beth", ["B"]) == 0  # a word is no letter
    assert set_f1("A", ["Vel"]) == 0


def test_the_best_of_several_accepted_answers_counts():
    assert set_f1("B", ["A, C", "B"]) == 1
