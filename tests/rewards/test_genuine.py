import re
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
        "xx",
        "AAA",
        "it",
        "He is",
        "x y z",
        "the result",
        "see above",
        "It cannot be said",
        "No comment",
        "I refuse to answer",
        "None of them",
        "\u7b54\u6848",
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
        "R&B",
        "The Who",
        "IT",
        "7 of 9",
        "11",
        "The Question of Vel",
        "Above Us Only Sky",
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
        ("Vel is older than Orm", "Which is older, Vel or Orm?", ("Vel",)),
        ("Which is older, Vel or Orm? Hmm", "Which is older, Vel or Orm?", ("Vel",)),
        ("is older, Vel or Orm", "Which is older, Vel or Orm?", ("Vel",)),
        ("vel orm", "which is older vel or orm", ("vel",)),
        ("Thomas Orm, Bea Ull", "Is Thomas Orm or Bea Ull German?", ("Paul Thomas Orm",)),
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
        ("It is Vel.", "Which film is older, Vel or Orm?", ("Vel",)),
        ("It is Orm.", "Which film is older, Vel or Orm?", ("Vel",)),
        ("The film Vel is older", "Which film is older, Vel or Orm?", ("Vel",)),
        ("the city Vel", "Which city is the capital of New Vel: Port Vel or Vel?", ("Vel",)),
        ("the year 1815", "In which year, 1815 or 1816, was Ada born?", ("1815",)),
        ("Where was the director of Vel born? Tessa", "Where was the director of Vel born?", GOLD),
    ],
)
def test_what_is_no_echo(text, question, gold):
    assert not is_echo(text, question, gold)


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        ("A", ("A, C",)),
        ("A. Vel, C. Ull", ("A, C",)),
        ("Vel", ("B",)),  # an option by its words
        ("(A) Vel", ("A",)),
    ],
)
def test_a_letter_and_an_option_are_for_the_judge(text, accepted):
    question = "Which won the cup? A. Vel B. Orm C. Ull"
    assert is_answer(text, accepted) and not is_echo(text, question, accepted)
    assert is_echo(question, question, accepted)


def test_yes_and_no_with_words_are_for_the_judge():
    question = "Is Ada Orm the director of Vel?"
    for text in ("Yes, Ada Orm is", "No, Ada Orm is not the director", "Yes"):
        assert is_answer(text, ("yes",)) and not is_echo(text, question, ("yes",))
    assert is_echo("Ada Orm, the director", question, ("yes",))


COMPARED = ("It is {}.", "{} is older", "The film {}", "{} was first.", "the answer is {}")


def test_choices_of_hotpotqa_in_words_are_open_and_copies_are_closed(shared_data):
    loaded = make_questions(shared_data / "hotpotqa/hotpot_dev_gold.jsonl.gz")
    rows = [(q.text, q.answers) for q in loaded.questions("train") if q.type == "comparison"]
    rows = [(text, golds) for text, golds in rows if golds[0].lower() not in ("yes", "no")]
    assert len(rows) == 1_029
    for form in COMPARED:
        closed = sum(is_echo(form.format(golds[0]), text, golds) for text, golds in rows)
        assert closed <= 0.01 * len(rows), form
    assert all(is_echo(text, text, golds) for text, golds in rows)
    cut = sum(is_echo(text.split(None, 1)[1], text, golds) for text, golds in rows)
    assert cut >= 0.99 * len(rows)


def test_two_names_of_hotpotqa_are_closed(shared_data):
    loaded = make_questions(shared_data / "hotpotqa/hotpot_dev_gold.jsonl.gz")
    name = r"[A-Z][\w'.-]*(?: [A-Z][\w'.-]*)*"
    found = [
        (q, re.search(rf", ({name}) or ({name})\?$", q.text)) for q in loaded.questions("train")
    ]
    pairs = [(q, match) for q, match in found if match and q.answers[0] in match.groups()]
    assert len(pairs) > 150
    for question, (left, right) in [(q, match.groups()) for q, match in pairs]:
        for both in (f"{left} or {right}", f"{right} {left}", f"It is {left} and {right}."):
            assert is_echo(both, question.text, question.answers)


@pytest.mark.parametrize("file", ["hotpot_dev_gold", "hotpot_dev_fullwiki_200"])
def test_no_gold_answer_of_hotpotqa_is_refused(shared_data, file):
    """And of the other questions' golds, given as wrong answers, nearly none is."""
    loaded = make_questions(shared_data / f"hotpotqa/{file}.jsonl.gz")
    questions: list[Question] = list(loaded.questions("train"))
    refused = set()
    for question, other in pairwise(questions):
        for text in question.answers:
            assert is_answer(text, question.answers)
            assert not is_echo(text, question.text, question.answers)
        refused.update(text for text in other.answers if not is_answer(text, question.answers))
    refused = {text for text in refused if any(map(str.isalnum, text[1:]))}
    assert refused <= {"Them", "by", "after", "To be", "II"}, refused
