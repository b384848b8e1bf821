import time

import pytest

from hopgym.core import Document
from hopgym.errors import ConfigError, RetrievalError, UnknownNameError
from hopgym.retrieval.generators import (
    GENERATORS,
    EntityGenerator,
    Hop,
    QueryGenerator,
    TemplateGenerator,
    TitleGenerator,
    make_generator,
    next_query,
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
    for name in set(GENERATORS) - {"llm"}:  # which needs a model
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


def test_a_template_is_filled_from_the_best_document():
    first = hop(1, QUESTION, VEL)
    fields = "{hop}: {title} / {name} / {rest} / {query} / {question}"
    assert TemplateGenerator(template=fields)(QUESTION, [first]) == (
        f"2: Vel / Ada Orm / Where was the director of born? / {QUESTION} / {QUESTION}"
    )
    ask = TemplateGenerator()
    second = ask(QUESTION, [first])
    assert second == f"Ada Orm {QUESTION}"
    assert ask(QUESTION, [first, hop(2, second, VEL, new=[False])]).startswith("Tessa Town ")


def test_templates_by_hop_end():
    ask = TemplateGenerator(template=["who made {title}", "born: {name}"])
    first, second = hop(1, QUESTION, VEL), hop(2, "who made Vel", ADA)
    assert ask(QUESTION, [first]) == "who made Vel"
    assert ask(QUESTION, [first, second]) == "born: Tessa Town"
    assert ask(QUESTION, [first, second, hop(3, "born: Tessa Town", TESSA)]) is None
    assert ask(QUESTION, []) is None


def test_a_template_never_asks_twice_and_needs_its_fields():
    ask = TemplateGenerator(template="more on {title}")
    assert ask(QUESTION, [hop(1, "more on vel", VEL)]) is None
    assert ask(QUESTION, [hop(1, QUESTION)]) is None
    assert TemplateGenerator(template="who?")(QUESTION, [hop(1, QUESTION)]) == "who?"
    braces = Document("x", "{question.__class__} {0}", "")
    assert ask(QUESTION, [hop(1, QUESTION, braces)]) == "more on {question.__class__} {0}"


@pytest.mark.parametrize(
    "template",
    ["{", "{answer}", "{question.text}", "{title!r}", "{title:5}", "{}", "{0}", [], "", 5, [5]],
)
def test_what_is_no_template_is_refused(template):
    with pytest.raises(ConfigError, match=r"template is .*; give a text, or a list of texts, with"):
        TemplateGenerator(template=template)


def test_generators_have_options_in_their_names():
    made = make_generator('template?template=["about {title}"]')
    assert made.fingerprint == TemplateGenerator(template=["about {title}"]).fingerprint
    assert made.fingerprint != TemplateGenerator(template="about {title}").fingerprint
    assert isinstance(make_generator("titles", WORLD), TitleGenerator)
    with pytest.raises(ConfigError, match=r"'titles' has no option 'x'"):
        make_generator("titles?x=1")
    with pytest.raises(UnknownNameError, match=r"Unknown query generator 'tite'"):
        make_generator("tite?x=1")
    assert {"llm", "template"} <= set(GENERATORS)


def test_a_next_query_is_new_text_or_none():
    hops = [hop(1, "who  Was", VEL)]
    assert next_query(lambda question, hops: "WHO was", "q", hops) is None
    assert next_query(lambda question, hops: " ", "q", hops) is None
    assert next_query(lambda question, hops: question, "q", hops) == "q"
    with pytest.raises(ConfigError, match=r"function returned 5; it must return the next query"):
        next_query(lambda question, hops: 5, "q", hops)
    with pytest.raises(RetrievalError, match=r"query generator .* failed with ZeroDivisionError"):
        next_query(lambda question, hops: 1 / 0, "q", hops)
