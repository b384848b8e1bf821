import pytest

from hopgym.rewards.candidates import candidates, stands_in
from hopgym.rewards.words import words


def owns(question, *golds):
    found = candidates(question, [words(gold) for gold in golds])
    return [" ".join(sorted(own)) for own in found]


@pytest.mark.parametrize(
    ("question", "gold", "expected"),
    [
        ("Which film is older, Vel or Orm Hill?", "Orm Hill", ["hill orm", "vel"]),
        ("Which is older: Vel, Orm or Ull?", "Ull", ["ull", "orm", "vel"]),
        ("Which is older: Vel, Orm or Ull?", "Orm", ["orm", "vel", "ull"]),
        ("In which American city, Vel or Orm, is it?", "Orm", ["orm", "vel"]),
        ("Which is older, the Vel (1990 film) or the Orm?", "Orm", ["orm", "1990 vel"]),
        ("Are the Elm authors Vel and Ull alive?", "Ull", ["ull", "vel"]),
        ("which is older vel or ull", "ull", ["ull", "vel"]),
        ("which is older vel or ull", "vel", ["vel", "ull"]),
        (
            "Which is older, Vel and Orm or First for Women?",
            "Vel and Orm",
            ["orm vel", "first women"],
        ),
        ("Which came first, Vel or First for Women?", "Vel", ["vel", "women"]),
        ("Was Tessa the birthplace of Ada?", "Tessa", ["tessa", "ada"]),
        ("Is Thomas Orm or Bea Ull German?", "Paul Thomas Orm", ["orm thomas", "bea ull german"]),
        ("Who directed Vel?", "Ada", []),
        ("", "Ada", []),
    ],
)
def test_what_a_question_leaves_to_choose_from(question, gold, expected):
    found = owns(question, gold)
    assert [set(own.split()) for own in found] == [set(own.split()) for own in expected]


def test_any_accepted_answer_may_stand_in_the_question():
    assert owns("Which is older, Vel or Orm?", "Ull", "Orm") == ["orm", "vel"]
    assert owns("Which is older, Vel or Orm?", "Ull") == []


def test_words_stand_in_others_in_their_order_alone():
    assert stands_in(["b", "c"], ["a", "b", "c"]) and not stands_in(["c", "b"], ["a", "b", "c"])
    assert not stands_in([], [])
