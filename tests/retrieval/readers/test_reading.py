import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopgym.retrieval.readers.reading import read

VEL = ("Vel", "Vel is a film. The director of Vel is Ada Orm. Vel came out in 1990.")
ADA = (
    "Ada Orm",
    "Ada Orm is a person. The mentor of Ada Orm was Bo Lin. Ada Orm was a child of 1950.",
)
BO = ("Bo Lin", "The mentor of Bo Lin was Cy Tal.")


def test_the_sentence_that_shares_the_words_answers():
    assert read("the director of Vel", [BO, ADA, VEL]).answer == "Ada Orm"
    assert read("the mentor of Bo Lin", [ADA, BO]).answer == "Cy Tal"  # not whose mentor Bo Lin was


def test_numbers_answer_what_asks_for_numbers():
    assert read("the release year of Vel", [VEL]).answer == "1990"
    assert read("When was Ada Orm born?", [ADA, VEL]).answer == "1950"


def test_a_sentence_that_tells_another_relation_comes_last():
    text = "The mentor of Ada was Bo Lin. Ada fills her days at Orm Works."
    reading = read("the employer of Ada", [("Ada", text)])
    assert reading.answer == "Orm Works" and not reading.sure


def test_other_words_for_the_same_are_understood():
    text = "Ada lived in Vel. Ada married Bo Lin. Ada was taught by Cy Tal. Ada is paid by Orm."
    told = [read(f"the {what} of Ada", [("Ada", text)]) for what in ("spouse", "mentor")]
    assert [reading.answer for reading in told] == ["Bo Lin", "Cy Tal"]
    assert all(reading.sure for reading in told)


def test_it_is_sure_only_where_the_document_is_of_that_name_and_speaks_of_it():
    assert read("the director of Vel", [VEL]).sure
    assert not read("the director of Vel", [("Other", VEL[1])]).sure
    assert not read("the painter of Vel", [VEL]).sure


def test_verdicts_and_nothing_to_read():
    assert read("Are Vel and Orm both films?", [VEL]).answer == "yes"
    assert read("Are Vel and Orm both films?", []).answer == "no"
    assert read("Has Vel year", [VEL]).answer == "1990"  # a name may look like a question
    assert read("Who made Vel?", []) == ("", "", False)
    assert read("Who made Vel?", [("Vel", "Vel is old.")]) == ("", "", False)


CITIES = [
    ("Letters about Bo Lin", "A fair in Tal drew visitors who had heard of Bo Lin."),
    ("Rin", "Rin is a city. Rin lies on the river Orm. Cy Tal founded Rin."),
    ("Vel", "Vel is a city. Vel lies on the river Orm. Bo Lin founded Vel."),
    ("Bo Lin", "Bo Lin is a person. Bo Lin has the birthplace Mar."),
]


@pytest.mark.parametrize(
    "query",
    [
        "Which city lies on the river Orm and had the founder Bo Lin?",
        "city lies river Orm founder Bo Lin",
    ],
)
def test_what_fulfils_all_conditions_is_the_document_that_has_all_names(query):
    found = read(query, CITIES)
    assert found.answer == "Vel" and found.sure
    part = read(query, [CITIES[0], CITIES[1]])
    assert part.answer == "Rin" and not part.sure


def test_one_condition_leads_back_to_the_subject_if_it_is_of_that_kind():
    works = [("Vel", "Vel is a film. Vel was directed by Ada Orm."), ("Vel Road", "A road in Orm.")]
    assert read("Which film was directed by Ada Orm?", works).answer == "Vel"
    assert read("Which river was directed by Ada Orm?", works).answer != "Vel"


def test_a_name_of_the_kind_that_is_asked_for_comes_first():
    text = "Vel was seen by Bo Lin and Cy Tal University and the company Orm."
    for kind, answer in [("university", "Cy Tal University"), ("company", "Orm")]:
        assert read(f"Which {kind} has a view of Vel?", [("Vel", text)]).answer == answer


def test_by_marks_who_did_it():
    text = "Vel is a French film with the director's friend Bo Lin, directed by Ada Orm in Tal."
    assert read("the director of Vel", [("Vel", text)]).answer == "Ada Orm"


def test_days_of_birth_and_death_are_told_apart():
    ada = [("Ada Orm", "Ada Orm (10 May 1815 \u2013 1 June 1880) was a poet of 30 books.")]
    assert read("the date of birth of Ada Orm", ada).answer == "10 May 1815"
    assert read("When did Ada Orm die?", ada).answer == "1 June 1880"


def test_names_without_their_small_words_and_in_lower_case_are_found():
    bands = [
        ("Orm and the Late Owls", "Orm and the Late Owls has the singer Cy Tal."),
        ("Ull and the Late Thrones", "Ull and the Late Thrones has the singer Bo Lin."),
    ]
    assert read("singer Ull Late Thrones", bands).answer == "Bo Lin"
    assert read("who is the singer of ull and the late thrones", bands).answer == "Bo Lin"


def test_the_first_of_equals_answers_whatever_the_order():
    one, two = ("A", "Bo Lin made Vel."), ("B", "Cy Tal made Vel.")
    assert read("Who made Vel?", [one, two]).answer == "Bo Lin"
    assert read("Who made Vel?", [two, one]).answer == "Cy Tal"


@given(st.text(max_size=60), st.lists(st.tuples(st.text(max_size=30), st.text(max_size=120))))
def test_any_text_can_be_read(words, documents):
    found = read(words, documents)
    assert found == read(words, documents)
    assert found.answer in ("", "yes", "no") or any(
        found.answer in title or found.answer in text for title, text in documents
    )


@pytest.mark.parametrize(
    "piece", ["river Orm ", "Vel, ", "is a Vel of Orm? ", "1 May 1815 - ", "?"]
)
def test_long_questions_and_documents_are_read_fast(piece):
    start = time.process_time()
    read(piece * 20_000, [(piece * 20_000, piece * 20_000)] * 3)
    assert time.process_time() - start < 3
