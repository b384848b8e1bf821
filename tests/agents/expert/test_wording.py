import pytest

from hopgym.agents.expert.wording import keywords, plain, sentence, sought, statement
from hopgym.envs.datasets.world.relations import RELATIONS

FORMS = [
    ("Who was the founder of Vel?", "the founder of Vel", "The founder of Vel was X."),
    ("What is Vel's capital?", "Vel's capital", "Vel's capital is X."),
    ("Which river flows through Vel?", "the river that flows through Vel",
     "The river that flows through Vel is X."),
    ("Which American film director was born in Vel?",
     "the American film director that was born in Vel",
     "The American film director that was born in Vel is X."),
    ("Who directed Vel?", "the person who directed Vel", "The person who directed Vel is X."),
    ("Vel >> place of birth", "the place of birth of Vel", "The place of birth of Vel is X."),
    ("Vel", "Vel", "Vel: X."),
]  # fmt: skip
UNSURE = [
    "Where was Ada Orm born?",
    "When did Ada Orm meet Bo?",
    "Who was Ada Orm married to?",
    "Who did Ada Orm marry?",
    "Which city did Ada Orm found?",
    "If Vel is a film, Orm is what?",
]


@pytest.mark.parametrize("query, phrase, said", FORMS)
def test_known_forms_become_phrases_and_sentences(query, phrase, said):
    assert sought(query) == phrase
    assert statement(query, "X") == said


@pytest.mark.parametrize("query", UNSURE)
def test_other_forms_keep_their_own_words(query):
    assert sought(query) == f"this: {query}"
    assert statement(query, "X") == f"{query} X."


@pytest.mark.parametrize("relation", RELATIONS, ids=lambda r: r.name)
def test_every_relation_of_the_world_is_of_a_known_form(relation):
    query = relation.question.format(x="Vel Orm")
    assert not sought(query).startswith("this:")
    said = statement(query, "Bo Lin")
    assert said.endswith(" Bo Lin.") and "Vel Orm" in said and "?" not in said


def test_a_sentence_has_one_full_stop():
    assert statement("What is the name of Vel?", "Orm Inc.") == "The name of Vel is Orm Inc."


def test_keywords_leave_out_what_makes_it_a_question():
    assert keywords("Which city has the campus of Vel?") == "city that has the campus of Vel"
    assert keywords("Where was Ada Orm born?") == "Where was Ada Orm born"


def test_a_question_without_its_mark_is_said_with_it():
    assert sought("how many live in Vel") == "this: how many live in Vel?"
    assert statement("how many live in Vel", "35") == "how many live in Vel? 35."
    assert sentence("Vel!") == "Vel!"


def test_pairs_of_subject_and_relation_are_asked_in_words():
    assert plain("Aschenbr\u00f6del >> composer") == "the composer of Aschenbr\u00f6del"
    assert plain("Who wrote Vel?") == "Who wrote Vel?"
