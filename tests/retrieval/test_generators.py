import time

import pytest

from hopgym.core import Document
from hopgym.errors import UnknownNameError
from hopgym.retrieval.generators import (
    GENERATORS,
    EntityGenerator,
    Hop,
    QueryGenerator,
    TitleGenerator,
)

VEL = Document("a", "Vel (film)", "A film by Ada Orm, shot in Tessa Town.")
ADA = Document("b", "Ada Orm", "Born in Tessa Town. Married Bob Ray.")
TESSA = Document("c", "Tessa Town", "A place on a river.")
WORLD = [VEL, ADA, TESSA, Document("d", "Bob Ray", "")]
QUESTION = "Where was the director of Vel born?"
BOTH = [TitleGenerator(WORLD), EntityGenerator(WORLD)]


def hop(number, query, *documents, new=None):
    fresh = tuple(new) if new is not None else (True,) * len(documents)
    return Hop(number, query, documents, tuple(1 / n for n in range(1, len(documents) + 1)), fresh)


@pytest.mark.parametrize("generator", BOTH)
def test_it_asks_about_the_first_name_with_the_rest_of_the_question(generator):
    query = generator(QUESTION, [hop(1, QUESTION, VEL)])
    assert query == "Ada Orm Where was the director of born?"


@pytest.mark.parametrize("generator", BOTH)
def test_the_second_query_differs_from_the_first_and_the_third_from_both(generator):
    """Seed 004's `_extract_followup_query` always returned None: one hop for ever."""
    first = hop(1, QUESTION, VEL)
    second = generator(QUESTION, [first])
    third = generator(QUESTION, [first, hop(2, second, ADA)])
    assert third.startswith("Tessa Town ")
    assert len({QUESTION, second, third}) == 3


@pytest.mark.parametrize("generator", BOTH)
def test_names_that_were_asked_for_are_passed_over(generator):
    hops = [hop(1, QUESTION, VEL), hop(2, "Ada Orm born", VEL, new=[False])]
    assert generator(QUESTION, hops).startswith("Tessa Town")
    assert generator("Ada Orm of Tessa Town made Vel", [hop(1, "x", VEL)]) is None


@pytest.mark.parametrize("generator", BOTH)
def test_it_stops_where_nothing_is_left(generator):
    assert generator(QUESTION, [hop(1, QUESTION)]) is None
    assert generator(QUESTION, [hop(1, QUESTION, TESSA)]) is None
    assert generator(QUESTION, [hop(1, QUESTION, VEL, new=[False])]) is None
    assert generator(QUESTION, []) is None


@pytest.mark.parametrize("generator", BOTH)
def test_the_latest_hop_is_read_first_and_its_best_document(generator):
    odd = Document("e", "Odd", "Nothing here about Bob Ray.")
    hops = [hop(1, QUESTION, VEL), hop(2, "next", TESSA, odd)]
    assert generator(QUESTION, hops).startswith("Bob Ray")


def test_titles_are_named_as_texts_do():
    world = [Document("a", "X", "see vel vel"), Document("b", "Vel Vel (1999 film)", "")]
    assert TitleGenerator(world)("q?", [hop(1, "q?", world[0])]) == "Vel Vel q?"


def test_a_single_word_at_a_sentences_start_is_no_name():
    text = (
        'The film was long. "Born there," he said of Tessa, de Niro and Maria de la Cruz. By J. R. '
        "Ewing-Smith of Ull. Married O'Hara (Maybe not). The Ada Club"
    )
    document = Document("a", "X", text)
    asked = []
    while (query := EntityGenerator()("q", [hop(1, " ".join(asked), document)])) is not None:
        asked.append(query.removesuffix(" q"))
    assert asked == [
        *("Tessa", "Niro", "Maria de la Cruz", "J. R. Ewing-Smith of Ull", "Married O'Hara"),
        "Ada Club",
    ]


def test_a_title_with_marks_is_taken_out_of_the_question_as_it_stands():
    document = Document("a", "What? (I+I)", "By Ada Orm.")
    found = EntityGenerator()("Who made What? (I+I) then", [hop(1, "", document)])
    assert found == "Ada Orm Who made (I+I) then"  # called "What?" by those who mention it
    plain = Document("a", "C++", "By Ada Orm.")
    assert EntityGenerator()("Who made C++ then", [hop(1, "", plain)]) == "Ada Orm Who made then"


def test_documents_without_titles_are_no_trouble():
    blank = Document("a", "", "By Ada Orm.")
    assert EntityGenerator()("who?", [hop(1, "who?", blank)]) == "Ada Orm who?"
    assert TitleGenerator([blank])("who?", [hop(1, "who?", blank)]) is None


@pytest.mark.parametrize("generator", BOTH)
@pytest.mark.parametrize("text", ["Aa " * 50_000, "A-" * 50_000, "A of " * 30_000, ". A" * 50_000])
def test_hostile_text_is_cheap(generator, text):
    start = time.process_time()
    generator(QUESTION, [hop(1, QUESTION, Document("a", "X", text))])
    assert time.process_time() - start < 2


def test_they_are_known_by_name():
    for name in GENERATORS:
        made = GENERATORS.get(name)(WORLD)
        assert isinstance(made, QueryGenerator)
        assert GENERATORS.summary(name)
    with pytest.raises(UnknownNameError, match=r"'title'. Did you mean 'titles'"):
        GENERATORS.get("title")


def test_defect_the_fingerprint_of_titles_names_those_that_are_looked_for():
    same = TitleGenerator(iter(WORLD)).fingerprint
    assert TitleGenerator(WORLD).fingerprint == same
    others = [TitleGenerator(WORLD[:3]), TitleGenerator(), TitleGenerator([hop_to("\ud800")])]
    assert len({same, *(other.fingerprint for other in others)}) == 4
    assert EntityGenerator(WORLD).fingerprint == EntityGenerator().fingerprint == "entities"


def hop_to(title):
    return Document("x", title, "")
