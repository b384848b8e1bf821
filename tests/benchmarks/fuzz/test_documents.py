import json

import pytest

from hopgym.benchmarks.fuzz import documents
from hopgym.benchmarks.fuzz.documents import DocumentTarget, document_targets
from hopgym.benchmarks.fuzz.runner import Fault, fuzz
from hopgym.core import Document


def test_hostile_documents_break_nothing():
    (target,) = document_targets()
    found = fuzz(target, 400)
    assert found.inputs >= 400 and not found.failures, found.failures[0].problem


@pytest.mark.slow
def test_a_hundred_thousand_documents():
    assert not fuzz(DocumentTarget(), 100_000).failures


def test_a_case_is_taken_all_the_way(monkeypatch):
    built = []
    monkeypatch.setattr(documents, "build", lambda *args, **options: built.append(options))
    lines = [json.dumps({"id": str(n), "title": "Vel", "text": f"A film {n}."}) for n in range(3)]
    case = {"lines": lines, "queries": ["film", "x", ""], "retriever": "bm25", "chunk": [1, 0]}
    assert DocumentTarget().check({**case, "base": True}, None) == 3
    assert built == [{"strict": False}]


def test_hits_and_chunks_that_are_wrong_are_told(monkeypatch):
    one = Document("a", "Ada", "A film.")
    with pytest.raises(Fault, match="chunk 'a#0' is no part of its document"):
        documents._check_chunks([one], [Document("a#0", "Ada", "Another.")])
    target = DocumentTarget()
    monkeypatch.setattr(target._grammars[0], "read_documents", lambda text: [], raising=False)
    with pytest.raises(Fault, match="r3: 1 were shown, and 0 are read"):
        target._show([one])
