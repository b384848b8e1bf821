from dataclasses import replace

import pytest
from rag_episodes import ADA, ALL, QUESTION, ULL, UNKNOWN, VEL, rag
from rewards_episodes import answer, episode, query

from hopgym.core import Question
from hopgym.errors import ConfigError
from hopgym.rewards.citation import (
    citation_precision,
    citation_quality,
    citation_recall,
    citations_of,
    cites,
    extract_citations_from_response,
    only_cites,
    without_citations,
)


def numbers(text, documents=ALL):
    return [one.number for one in extract_citations_from_response(text, documents)]


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("Tessa [DOC_2]", [2]),
        ("Tessa [doc 2][3].", [2, 3]),
        ("Tessa [1, 3; DOC_2]", [1, 3, 2]),
        ("Tessa [1-3]", [1, 2, 3]),
        ("Tessa [Document 4]", [4]),
        ("Tessa \u30102\u3011", [2]),
        ("Tessa [d2]", [2]),
        ("Tessa [Ada Orm]", [2]),
        ("Tessa [ada orm, Vel]", [2, 1]),
        ("Tessa [2, 2]", [2]),
        ("[sic] [1990] [/DOC_2] [a, 2] [1-99] [2 of 3] [] (2) 2", []),
    ],
)
def test_the_forms_of_a_citation(text, cited):
    assert numbers(text) == cited


def test_each_knows_where_it_stands_and_whether_it_was_shown():
    text = "In Tessa [2], or so [7]."
    shown, invented = extract_citations_from_response(text, [VEL, ADA])
    assert (shown.document_id, shown.shown) == ("d2", True)
    assert (invented.document_id, invented.shown) == (None, False)
    assert text[shown.start : shown.end] == "[2]" and text[invented.start : invented.end] == "[7]"
    assert [one.shown for one in extract_citations_from_response(text)] == [None, None]
    assert numbers("Tessa [Ada Orm]", None) == []


def test_bad_documents_are_refused():
    with pytest.raises(ConfigError, match="is no document"):
        extract_citations_from_response("[1]", [3])


def test_citations_are_taken_off():
    assert without_citations("Tessa [DOC_2] [1].") == "Tessa."
    assert without_citations("Tessa [Ada Orm]", ALL) == "Tessa"
    assert without_citations("Tessa [Ada Orm]") == "Tessa [Ada Orm]"
    assert without_citations("[3]") == "[3]"  # the answer is a number
    assert without_citations("a  b") == "a  b"
    assert (
        only_cites("[Ada Orm] [1]", ALL) and not only_cites("[Ada Orm] [1]") and not only_cites("")
    )


def test_precision_and_recall_are_over_documents():
    def quality(text, question=QUESTION):
        return citation_quality(question, rag(text, question=question))[:2]

    assert quality("Tessa [1] [2]") == (1.0, 1.0)
    assert quality("Tessa [2] [2] [2]") == (1.0, 0.5)
    assert quality("Tessa [2] [3]") == (0.5, 0.5)
    assert quality("Tessa [1-4]") == (0.5, 1.0)
    assert quality("Tessa [8] [2]") == (0.5, 0.5)  # what was never shown is not relevant
    assert quality("Tessa") == (None, 0.0)
    assert quality("Tessa [2]", UNKNOWN) == (1.0, 1.0)
    assert quality("Tessa [1]", UNKNOWN) == (0.0, 0.0)


def test_one_number_of_both():
    def f1(text):
        return citation_quality(QUESTION, rag(text)).f1

    assert f1("Tessa [1] [2]") == 1.0
    assert 0.0 < f1("Tessa [1-4]") < 1.0
    assert citation_quality(QUESTION, rag("Tessa [1-4]")).credit == 0.5
    assert citation_quality(QUESTION, rag("Tessa [2]")).credit == f1("Tessa [2]")
    assert f1("Tessa [3]") == f1("Tessa") == f1("Tessa [9]") == 0.0


def test_a_thought_does_not_cite():
    played = rag("Tessa [2]", thought="Perhaps [3] or [4].\n")
    assert [one.number for one in citations_of(played)] == [2] and cites(played)
    quiet = rag("Tessa", thought="Perhaps [3].\n")
    assert citations_of(quiet) == [] and not cites(quiet)
    r3 = "Step 2:\nThe problem analysis: As [1] says.\nThe final answer: Tessa [1]"
    shown = "\nThe retrieval documents:\nVel | A film."
    steps = (query("q", "d1"), answer(r3))
    played = episode(*steps, outcome="answered", prediction="Tessa [1]", shown=shown)
    (one,) = citations_of(played)
    assert (one.number, one.document_id) == (1, "d1")


def test_a_long_answer_without_a_mark_is_quickly_looked_through():
    """Answers may be whole actions; a pattern once took the square of their length."""
    played = rag("Tessa")
    long = replace(played.steps[-1], action=f"[1]{chr(10) * 200_000}Tessa")
    played = replace(played, steps=(*played.steps[:-1], long))
    assert [one.number for one in citations_of(played)] == [1]


def test_where_nothing_can_be_told():
    verdict = Question("q", "Is it?", ("yes",))
    assert citation_quality(verdict, rag("yes [1]", question=verdict)) == (None, None)
    assert citation_quality(QUESTION, rag(None, outcome="malformed")) == (None, None)
    assert citation_recall(QUESTION, rag("Tessa [1]", (ULL,))) is None
    assert citation_precision(QUESTION, rag("Tessa [1]", (ULL,))) == 0.0


def test_an_action_that_is_a_number_cites_nothing():
    played = rag("Tessa [1]")
    steps = (*played.steps[:-1], replace(played.steps[-1], action=3))
    assert citations_of(replace(played, steps=steps)) == []
