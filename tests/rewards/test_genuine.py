from itertools import pairwise

import pytest

from hopgym.core import Question
from hopgym.envs.datasets import make_questions
from hopgym.rewards.genuine import is_accepted, is_answer, is_echo

GOLD = ("Tessa", "Tessa Town")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        ".",
        "?!",
        "$",
        "$$ %",
        "x",
        "X.",
        "\u00e9",
        "\u0434",
        "a",
        "\u200bx\u200b",
        "unknown",
        "Unknown.",
        "N/A",
        "n a",
        "None",
        "idk",
        "I don't know",
        "I don\u2019t know the answer.",
        "i do not know",
        "Sorry, I cannot answer this question.",
        "The answer is unknown.",
        "The answer cannot be determined from the documents.",
        "cannot be determined",
        "Not enough information",
        "No information available",
        "not found in the documents",
        "insufficient information",
        "No answer",
        "answer",
        "\u4e0d\u77e5\u9053",
        "\u65e0",
        "\u65e0\u6cd5\u786e\u5b9a\u3002",
    ],
)
def test_what_is_no_answer(text):
    assert not is_answer(text, GOLD)


@pytest.mark.parametrize(
    "text",
    [
        "Ull",
        "7",
        "\u00bd",
        "\u738b",
        "\u6d77",
        "no",
        "yes",
        "Unknown Pleasures",
        "The Nothing King",
        "Not Fade Away",
        "None but the Brave",
        "ab",
        "I Don't Know How to Love Him",
        "C++",
    ],
)
def test_what_is_an_answer_right_or_wrong(text):
    assert is_answer(text, GOLD)


@pytest.mark.parametrize("text", ["x", "$", "unknown", "None", "I don't know", "a", "\u65e0"])
def test_what_is_accepted_is_an_answer_whatever_it_is(text):
    assert is_answer(text, (text,))


def test_a_letter_is_an_answer_where_letters_are_accepted():
    assert is_answer("C", ("B",)) and is_answer("c", ("A", "B"))
    assert not is_answer("C", ("Band",))


def test_a_lone_article_is_accepted_only_if_it_is_that_article():
    assert is_accepted("A", ("a",)) and not is_accepted("the", ("A",))
    assert not is_accepted("", ("A",))


@pytest.mark.parametrize(
    ("text", "question", "gold"),
    [
        ("Where was the director of Vel born?", "Where was the director of Vel born?", GOLD),
        ("WHERE was the director of Vel born", "Where was the director of Vel born?", GOLD),
        ("the director of Vel", "Where was the director of Vel born?", GOLD[:1]),
        ("Vel or Orm", "Which is older, Vel or Orm?", ("Vel",)),
        ("either Vel or Orm", "Which is older, Vel or Orm?", ("Orm",)),
        ("Vel, Orm", "Which is older, Vel or Orm?", ("Vel",)),
        ("Vel Vel", "Which is older, Vel or Orm?", ("Vel",)),
        ("\u6d77\u5357\u7701\u4eba\u53e3", "\u6d77\u5357\u7701\u4eba\u53e3\u662f?", ("9",)),
    ],
)
def test_echoes(text, question, gold):
    assert is_echo(text, question, gold)


@pytest.mark.parametrize(
    ("text", "question", "gold"),
    [
        ("Tessa", "Was Tessa the birthplace of Ada?", ("Tessa",)),  # accepted
        ("Vel", "Where was the director of Vel born?", GOLD),  # no longer than what is accepted
        ("Orm Hill Park", "Which is older, Vel or Orm Hill Park?", ("Vel",)),  # a wrong choice
        ("Ull in Tessa", "Where was the director of Vel born?", GOLD),  # words of its own
        ("no", "Is it so or not?", ("yes",)),  # function words alone
        ("", "Where?", GOLD),
    ],
)
def test_what_is_no_echo(text, question, gold):
    assert not is_echo(text, question, gold)


@pytest.mark.parametrize("file", ["hotpot_dev_gold", "hotpot_dev_fullwiki_200"])
def test_no_gold_answer_of_hotpotqa_is_refused(shared_data, file):
    """And of the other questions' golds, given as wrong answers, none is: they are answers."""
    loaded = make_questions(shared_data / f"hotpotqa/{file}.jsonl.gz")
    questions: list[Question] = list(loaded.questions("train"))
    for question, other in pairwise(questions):
        for text in question.answers:
            assert is_answer(text, question.answers)
            assert not is_echo(text, question.text, question.answers)
        refused = [text for text in other.answers if not is_answer(text, question.answers)]
        assert not [text for text in refused if any(map(str.isalnum, text[1:]))], refused
