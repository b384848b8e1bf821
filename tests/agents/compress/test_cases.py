import pytest
from compress_runs import WORLD

from hopgym.agents.compress.cases import Case, Cases
from hopgym.core import Question
from hopgym.envs.datasets import make_questions
from hopgym.errors import ConfigError
from hopgym.retrieval import make_retriever


def made(**options):
    own = make_questions(WORLD)
    retriever = make_retriever("bm25", own.documents)
    return own, Cases(own.questions("train"), retriever, 3, **options)


def test_gold_documents_are_among_what_is_trained_on():
    own = make_questions(WORLD)
    gold = {document.id: document for document in own.documents}
    _, cases = made(gold=gold)
    for case in [cases[n] for n in range(len(cases))]:
        titles = {title for title, _ in case.documents}
        assert len(case.documents) == 3
        assert {gold[id].title for id in case.question.document_ids} <= titles
    again = made(gold=gold)[1]
    assert cases[3] == again[3]


def test_without_them_it_reads_what_is_found_in_its_order():
    own, cases = made()
    rows = make_retriever("bm25", own.documents).search([cases[0].question.text], 3).rows
    assert [t for t, _ in cases[0].documents] == [d.title for d, _ in rows[0]]
    short = made(max_document_chars=10)[1]
    assert max(len(text) for _, text in short[0].documents) <= 10


def test_questions_without_an_answer_are_left_out():
    retriever = make_retriever("empty", [])
    with pytest.raises(ConfigError, match="No question has an answer"):
        Cases([Question("a", "Who?", (" ",))], retriever, 2)
    assert len(Cases([Question("a", "Who?", ("Ada",))], retriever, 2)) == 1


def test_what_is_learnt_is_the_first_answer_that_says_anything():
    case = Case(Question("a", "Who?", (" ", "Ada", "Bo")), ())
    assert case.answer == "Ada"
