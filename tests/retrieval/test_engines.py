import pytest

from hopgym.core import Document
from hopgym.errors import ConfigError, DataError, RetrievalError
from hopgym.retrieval.corpus import Corpus
from hopgym.retrieval.engines import (
    best,
    check_count,
    check_name,
    chunks,
    needed,
    restored,
    stored,
)

ADA = Document("a", "Ada", "A mathematician.", "News", {"year": 1815})


def test_a_document_comes_back_as_it_was_stored():
    assert restored(stored(ADA), "other") == ADA
    assert restored(stored(Document("b", "", "")), "other") == Document("b", "", "")


@pytest.mark.parametrize(
    ("record", "document"),
    [
        ({"contents": '"Ada"\nx'}, Document("key", "Ada", "x")),
        ({"id": 7, "title": "Ada", "text": "x"}, Document("7", "Ada", "x")),
        ({"id": "", "content": "x", "source": 3, "metadata": "m"}, Document("key", "", "x")),
        ({"id": ["a"], "text": "x", "source": ""}, Document("key", "", "x")),
    ],
)
def test_records_of_others_are_read(record, document):
    assert restored(record, "key") == document


@pytest.mark.parametrize("record", [None, {}, {"body": "x"}, {"text": 5}, "x"])
def test_a_record_without_text_is_an_error_never_a_blank_document(record):
    with pytest.raises(RetrievalError, match=r"'key' has no text under 'text'"):
        restored(record, "key")


def test_ties_fall_by_id_and_rows_are_cut():
    hits = [(Document(id, "", "x"), score) for id, score in [("c", 1.0), ("a", 1.0), ("b", 2.0)]]
    documents, scores = best(hits, 2)
    assert [document.id for document in documents] == ["b", "a"] and scores == [2.0, 1.0]


def test_an_index_of_nothing_is_refused():
    with pytest.raises(DataError, match=r"0 documents was asked for in Qdrant.*collection=\.\.\."):
        needed(Corpus.of([]), "Qdrant", "collection")
    assert len(needed(Corpus.of([ADA]), "Qdrant", "collection")) == 1


@pytest.mark.parametrize("name", ["", "a/b", "../x", "a*", "a,b", "a b", 5, "_all,x"])
def test_a_name_of_several_indexes_or_none_is_refused(name):
    with pytest.raises(ConfigError, match=r"index is .*; give the name of one index"):
        check_name("index", name)


def test_plain_names_and_none_are_fine():
    check_name("index", None)
    check_name("index", "wiki-2018_v1")


def test_chunks_hold_everything_in_order():
    assert list(chunks(range(7), 3)) == [[0, 1, 2], [3, 4, 5], [6]]
    assert list(chunks([], 3)) == []


def test_an_index_that_lost_documents_is_refused():
    check_count(1, [ADA], "The index x")
    with pytest.raises(RetrievalError, match="The index x holds 0 documents after 1 were put in"):
        check_count(0, [ADA], "The index x")
