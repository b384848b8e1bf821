from types import SimpleNamespace

import pytest

pytest.importorskip("torch")

from hopgym.agents.rag.judging import judge
from hopgym.core import Document, Question


def test_the_means_are_over_questions():
    a, b = Document("a", "", "Lyon"), Document("b", "", "Kiel")
    questions = [
        Question("1", "?", ("Lyon",), document_ids=("a",)),
        Question("2", "?", ("Kiel town",), document_ids=("b",)),
    ]
    model = SimpleNamespace(
        answer=lambda texts, documents, **rest: [SimpleNamespace(text=t) for t in ("lyon", "Kiel")]
    )
    told = judge(model, questions, [[a, b], [a, b]])
    assert told == {"em": 0.5, "f1": pytest.approx((1 + 2 / 3) / 2), "recall@1": 0.5, "recall@2": 1}
