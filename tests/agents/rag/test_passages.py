import torch
from tiny_rag import DOCUMENTS

from hopgym.agents.rag.passages import Pool
from hopgym.core import Document

CPU = torch.device("cpu")
A, B, C = DOCUMENTS


def test_each_passage_is_there_once_and_those_that_are_compared_come_first():
    pool = Pool([[A, B], [C, A]], positives=[[B], []], hard_negatives=[[], [B]])
    assert [each.id for each in pool.documents] == ["b", "a", "c"]
    assert (len(pool), pool.compared) == (3, 1)
    places, present = pool.read(CPU)
    assert places.tolist() == [[1, 0], [2, 1]] and present.all()
    assert pool.gold(CPU).tolist() == [[True], [False]]


def test_the_gold_of_one_question_may_be_that_of_another():
    """And is a negative of neither: a hard negative of one may be gold of another, too."""
    pool = Pool([[A], [A]], positives=[[A], [A, B]], hard_negatives=[[B], [C]])
    assert pool.gold(CPU).tolist() == [[True, False, False], [True, True, False]]
    twin = Document("other id", A.title, A.text)
    assert len(Pool([[A, twin]])) == 1


def test_missing_documents():
    pool = Pool([[A, B], [], [C]])
    places, present = pool.read(CPU)
    assert present.tolist() == [[True, True], [True, False], [True, False]]
    assert pool.documents[places[1, 0]] == Document("", "", "")
    assert pool.gold(CPU).shape == (0, 0)
