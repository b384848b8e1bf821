import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopgym.core import Document
from hopgym.errors import ConfigError
from hopgym.retrieval.kb.chunking import CHUNK, Chunking, document_id

TEXT = "One, two three. Four five six seven eight nine ten."


def doc(text):
    return Document("a", "Ada", text, "News", {"n": 1})


def test_passages_are_windows_that_share_tokens():
    parts = Chunking(tokens=5, overlap=2)(doc("a b c d e f g h i j"))
    assert [part.text for part in parts] == ["a b c d e", "d e f g h", "g h i j"]
    assert [part.id for part in parts] == ["a#0", "a#1", "a#2"]


def test_marks_count_as_tokens():
    assert [part.text for part in Chunking(tokens=4)(doc(TEXT))][:2] == [
        "One, two three",
        ". Four five six",
    ]


def test_a_passage_keeps_what_its_document_has():
    part = Chunking(tokens=3)(doc(TEXT))[1]
    assert (part.title, part.source, part.metadata["n"]) == ("Ada", "News", 1)
    place = part.metadata[CHUNK]
    assert TEXT[place["start"] : place["end"]] == part.text
    assert (place["of"], place["number"]) == ("a", 1)


def test_what_fits_stays_as_it_is_so_that_gold_ids_stay_valid():
    whole = doc("one two three")
    assert Chunking(tokens=3)(whole) == [whole]
    assert Chunking()(doc("word " * 5000)) == [doc("word " * 5000)]


def test_scripts_without_blanks_are_cut_too():
    text = "東京は日本の首都です。"
    parts = Chunking(tokens=4)(doc(text))
    assert len(parts) > 1
    assert "".join(part.text for part in parts) == text


@given(st.text(max_size=200), st.integers(1, 9), st.integers(0, 8))
def test_nothing_is_lost_and_no_passage_is_too_long(text, tokens, overlap):
    if overlap >= tokens:
        overlap = tokens - 1
    cut = Chunking(tokens, overlap)
    parts = cut(doc(text))
    assert all(len(cut(part)) == 1 for part in parts)
    covered = set()
    for part in parts:
        place = part.metadata.get(CHUNK, {"start": 0, "end": len(text)})
        assert text[place["start"] : place["end"]] == part.text
        covered |= set(range(place["start"], place["end"]))
    assert all(text[n].isspace() for n in set(range(len(text))) - covered)


def test_the_document_of_a_passage():
    parts = Chunking(tokens=3)(doc(TEXT))
    assert {document_id(part) for part in parts} == {"a"}
    assert document_id(Document("a#1", "", "")) == "a#1", "an id that only looks like a passage's"
    forged = Document("x", "", "", metadata={CHUNK: {"of": "b", "number": 0}})
    assert document_id(forged) == "x"
    assert document_id(Document("x", "", "", metadata={CHUNK: "b"})) == "x"


@pytest.mark.parametrize(
    "tokens, overlap, message",
    [
        (-1, 0, "chunk tokens are -1"),
        (5, 5, "below the 5 tokens"),
        (5, -1, "overlap is -1"),
        (0, 3, "overlap is 3"),
    ],
)
def test_impossible_cuts_are_refused(tokens, overlap, message):
    with pytest.raises(ConfigError, match=message):
        Chunking(tokens, overlap)
