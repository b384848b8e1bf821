from dataclasses import replace

import pytest

from hopgym.core import Hop, Question
from hopgym.rewards.bridges import bridges_of
from hopgym.rewards.normalize import squad_words

CHAIN = Question(
    "q",
    "Where was the director of Vel born?",
    ("Tessa", "Tessa Town"),
    hops=(
        Hop("Who directed Vel?", "Ada Orm", ("d1",)),
        Hop("Where was Ada Orm born?", "Tessa", ("d2", "d3"), needs=(0,)),
    ),
)
MEETING = Question(
    "m",
    "Which person had the mentor Bo Lin and lives in the region that contains Ull?",
    ("Ada Orm",),
    hops=(
        Hop("Which region contains Ull?", "Zed", ("d1",)),
        Hop("Which person had the mentor Bo Lin and lives in Zed?", "Ada Orm", ("d2",), needs=(0,)),
        Hop("Who was the mentor of Ada Orm?", "Bo Lin", ("d3",), needs=(1,)),
        Hop("Where does Ada Orm live?", "Zed", ("d4",), needs=(0, 1)),
    ),
)


def leads(question, hop, named=(), said=""):
    return bridges_of(question).leading(hop, set(named), set(squad_words(said)))


def test_a_first_hop_is_led_to_by_the_name_that_it_asks_about():
    assert leads(CHAIN, 0, said="I look for the director of Vel.")
    assert leads(CHAIN, 0, said="Vel's director, then?")
    assert not leads(CHAIN, 0, said="I look for the director.")
    assert not leads(CHAIN, 0, named={0, 1}, said="I draw a query.")


def test_a_later_hop_is_led_to_by_the_answers_it_needs():
    assert leads(CHAIN, 1, named={0})
    assert not leads(CHAIN, 1, said="Where was the director of Vel born?")


def test_a_hop_may_be_found_from_its_far_end():
    assert leads(MEETING, 2, said="Whose mentor was Bo Lin?")  # the question names it
    assert leads(MEETING, 3, named={0})  # it was another hop's answer
    assert not leads(MEETING, 1, said="Whose mentor was Bo Lin?")
    assert not leads(MEETING, 2, said="I look for the person.")


@pytest.mark.parametrize(
    ("analysis", "named"),
    [
        ("It is Ada Orm.", {0}),
        ("the ada, ORM!", {0}),
        ("Adam Ormond made it.", set()),
        ("Ada directed it.", set()),
        ("Ada, the Orm", {0}),  # the normalisation has no articles
        ("", set()),
    ],
)
def test_answers_are_named_as_whole_tokens_in_the_official_normalisation(analysis, named):
    assert bridges_of(CHAIN).named_in(squad_words(analysis)) == named


def test_the_aliases_of_the_questions_answer_count_where_it_is_a_bridge():
    more = Hop("Which river flows through Tessa?", "Ull", ("d4",), needs=(1,))
    longer = replace(CHAIN, hops=(*CHAIN.hops, more))
    assert bridges_of(longer).named_in(squad_words("It was Tessa Town.")) == {1}


def test_all_documents_of_a_hop_are_its_places():
    assert bridges_of(CHAIN).places == {"d1": (0,), "d2": (1,), "d3": (1,)}
    both = replace(CHAIN, hops=tuple(replace(hop, document_ids=("d1",)) for hop in CHAIN.hops))
    assert bridges_of(both).places == {"d1": (0, 1)}


@pytest.mark.parametrize(
    "hops",
    [
        (),
        (Hop("Who directed Vel?", "Ada Orm"),),
        (replace(CHAIN.hops[0], answer=""), CHAIN.hops[1]),
        (replace(CHAIN.hops[0], answer="The!"), CHAIN.hops[1]),
        (CHAIN.hops[0], replace(CHAIN.hops[1], needs=(7,))),
    ],
)
def test_what_cannot_be_told_has_none(hops):
    assert bridges_of(replace(CHAIN, hops=hops)) is None


def test_a_last_hop_needs_no_answer():
    hops = (CHAIN.hops[0], replace(CHAIN.hops[1], answer=""))
    assert bridges_of(replace(CHAIN, hops=hops)) is not None


def test_a_question_in_lower_case_is_told_by_its_words():
    asked = Question("q", "who directed vel?", ("x",), hops=(Hop("who directed vel", "x", ("d",)),))
    assert leads(asked, 0, said="I look for who directed vel")
    assert not leads(asked, 0, said="I draw a query.")


def test_questions_of_one_id_are_not_taken_for_each_other():
    assert bridges_of(CHAIN) is bridges_of(replace(CHAIN))
    other = replace(CHAIN, hops=CHAIN.hops[:1])
    assert len(bridges_of(other).ways) == 1 and len(bridges_of(CHAIN).ways) == 2
