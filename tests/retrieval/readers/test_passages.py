import time

import pytest

from hopgym.retrieval.readers.passages import MOST_READ, bare, passage


def mention(text, name, title="T"):
    (found,) = {
        m for s in passage(title, text).sentences for m in s.mentions if m.text == name
    }  # as it stands there once
    return found


@pytest.mark.parametrize(
    ("title", "text", "subject"),
    [
        ("Vel", "Vel is a film.", "Vel"),
        ("Vel (1990 film)", "Vel is a film.", "Vel"),
        ("Notes on Vel", "A study of the city Vel. Ada founded Vel.", "Vel"),
        ("Vel in the news", "News reached us of Vel.", "Vel"),
        ("Charlie Day", "Charles Peckham Day is an actor.", "Charlie Day"),
        ("", "Vel is a film.", ""),
        ("Vel", "", "Vel"),
    ],
)
def test_the_subject_is_what_title_and_text_speak_of(title, text, subject):
    assert passage(title, text).subject == subject


@pytest.mark.parametrize(
    "text",
    [
        "Vel is a small city.",
        "Vel, a city, has its entry here.",
        "This note is of the city Vel.",
        "Vel was one of the oldest towns.",
    ],
)
def test_the_opening_says_what_the_subject_is(text):
    assert passage("Vel", text).kinds == {"city"}


def test_the_opening_may_say_nothing():
    assert passage("Vel", "Vel came late. Orm is a city.").kinds == frozenset()


def test_a_mention_knows_what_it_is_said_to_be():
    text = "In Vel, the company Bo Lin met Orm University, and a French painter, Cy Tal."
    assert mention(text, "Vel").kinds == {"place"}
    assert mention(text, "Bo Lin").kinds == {"company"}
    assert mention(text, "Orm University").kinds == {"university"}
    assert mention(text, "French").kinds == {"people"}
    assert mention(text, "Cy Tal").kinds == frozenset()
    assert mention("It was made by Ada.", "Ada").by


def test_a_name_in_a_sense_of_its_own_speaks_of_nothing():
    said = passage("T", "He saw the Author Bridge. He wrote.").sentences
    assert [set(sentence.senses) for sentence in said] == [set(), {"authorship"}]


@pytest.mark.parametrize(
    "text",
    [
        "Ada Orm (10 May 1815 \u2013 1 June 1880) was a poet.",
        "Ada Orm (Vel, 10 May 1815 - Bo, Lin, 1 June 1880) was a poet.",
    ],
)
def test_two_days_in_brackets_are_a_life(text):
    assert mention(text, "10 May 1815").senses == {"birth"}
    assert mention(text, "1 June 1880").senses == {"death"}


def test_other_days_are_no_life():
    text = "It ran from 10 May 1815. It ended on 1 June 1880, and 2 June 1880 was a holiday."
    assert not any(m.senses for s in passage("T", text).sentences for m in s.mentions)


def test_years_are_told_from_other_numbers():
    text = "In 1815 there were 1900 of them, on 10 May 1816."
    assert [mention(text, number).kinds for number in ("1815", "1900", "1816")] == [
        {"year"},
        frozenset(),
        {"year"},
    ]


def test_the_words_of_a_name_are_the_same_without_small_ones():
    assert bare("The Wheel of Orm") == bare("Wheel Orm")
    assert bare("The") == {"the"}


def test_a_sentence_that_opens_with_something_new_is_vague():
    vague = [
        s.vague for s in passage("T", "A fair came. Ada left. Some went. A. B. Orm.").sentences
    ]
    assert vague == [True, False, True, False]


@pytest.mark.parametrize(
    "text",
    ["A " * 200_000, "Vel, " * 100_000, "1 May 1815 \u2013 " * 50_000, "(" * 300_000, "is a " * 99_999],
)  # fmt: skip
def test_long_documents_are_read_from_their_beginning_and_fast(text):
    start = time.process_time()
    found = passage(text, text)
    assert time.process_time() - start < 3
    assert sum(len(sentence.text) for sentence in found.sentences) <= MOST_READ
