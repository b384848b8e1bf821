import dataclasses

import pytest

from hopgym.core import Document
from hopgym.errors import DataError
from hopgym.retrieval.kb.retrieved import RetrievedDocument

ADA = Document("a", "Ada", "A mathematician.", "News", {"tags": ["x"]})


def test_it_is_a_copy_of_its_document():
    found = RetrievedDocument.of(ADA, 1.5, 2)
    assert (found.id, found.title, found.content, found.source) == ("a", "Ada", ADA.text, "News")
    assert (found.score, found.rank) == (1.5, 2)
    assert found.document == ADA
    found.metadata["tags"].append("y")
    assert ADA.metadata == {"tags": ["x"]}


def test_it_does_not_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        RetrievedDocument.of(ADA).score = 3.0


def test_records_go_and_come():
    found = RetrievedDocument.of(ADA, 1.5, 2)
    record = found.to_dict()
    assert record == {
        "id": "a", "title": "Ada", "content": "A mathematician.", "score": 1.5,
        "source": "News", "metadata": {"tags": ["x"]}, "rank": 2,
    }  # fmt: skip
    assert RetrievedDocument.from_dict(record) == found


@pytest.mark.parametrize(
    "record",
    [
        {"id": "a", "title": "Ada", "content": "One."},
        {"_id": "a", "title": "Ada", "text": "One."},
        {"id": "a", "contents": '"Ada"\nOne.'},
    ],
    ids=["seed", "BEIR", "FlashRAG"],
)
def test_every_published_shape_is_read(record):
    assert RetrievedDocument.from_dict(record) == RetrievedDocument("a", "Ada", "One.")
    assert RetrievedDocument.from_dict({**record, "score": None}).score == 0.0


def test_bad_records_are_refused():
    with pytest.raises(DataError, match="The document: is a str, not a record as"):
        RetrievedDocument.from_dict("a")
    with pytest.raises(DataError, match="has no 'text'"):
        RetrievedDocument.from_dict({"id": "a"})
    with pytest.raises(DataError, match="the score 'high'"):
        RetrievedDocument.from_dict({"id": "a", "text": "t", "score": "high"})
    with pytest.raises(DataError, match=r"the rank 1\.5"):
        RetrievedDocument.from_dict({"id": "a", "text": "t", "rank": 1.5})
