import copy
import gzip
import json
import pickle
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopgym.core import Document
from hopgym.errors import DataError, UnknownNameError
from hopgym.retrieval.corpus import Corpus, read_documents, write_documents

ADA = Document("a", "Ada", "A mathematician.", "Academy", {"year": 1815})
BOB = Document("b", "Bob", "A\u2028line\u0085break, and \n a real one.")


def write(path, *lines):
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


# --- the corpus -------------------------------------------------------------------------------


def test_a_corpus_is_a_sequence():
    corpus = Corpus([BOB, ADA])
    assert len(corpus) == 2
    assert list(corpus) == [BOB, ADA]
    assert corpus[0] == BOB
    assert corpus[-1:] == (ADA,)
    assert ADA in corpus
    assert repr(corpus) == "Corpus(2 documents)"


def test_documents_are_found_by_id():
    assert Corpus([BOB, ADA]).by_id("a") is ADA
    with pytest.raises(UnknownNameError, match="No document has the id 'z' in this corpus of 2"):
        Corpus([BOB, ADA]).by_id("z")


def test_a_shared_id_is_refused_with_both_positions():
    with pytest.raises(DataError, match="Documents 0 and 2 both have the id 'a'"):
        Corpus([ADA, BOB, Document("a", "Another", "")])


def test_only_documents_are_taken():
    with pytest.raises(DataError, match=r"Document 1 is a dict, not a hopgym\.core\.Document"):
        Corpus([ADA, {"id": "b"}])


@pytest.mark.parametrize("field", ["id", "title", "text", "source"])
def test_a_field_that_is_no_string_is_refused(field):
    """It was indexed and found, and what was saved could not be read again."""
    other = Document(**{"id": "b", "title": "", "text": "", field: 5})
    with pytest.raises(DataError, match=rf"The {field} of document 1 is a int, not a string: 5\."):
        Corpus([ADA, other])


def test_a_corpus_of_a_corpus_is_the_same():
    corpus = Corpus.of([ADA])
    assert Corpus.of(corpus) is corpus


def test_the_fingerprint_names_the_content_and_not_the_order():
    named = Corpus([ADA, BOB]).fingerprint
    assert named == Corpus([BOB, ADA]).fingerprint
    assert named != Corpus([ADA]).fingerprint
    changed = Document("a", "Ada", "A mathematician.", "Academy", {"year": 1816})
    assert named != Corpus([changed, BOB]).fingerprint


def test_the_fingerprint_does_not_confuse_fields():
    assert (
        Corpus([Document("a", "x", "y")]).fingerprint
        != Corpus([Document("a", "xy", "")]).fingerprint
    )


@pytest.mark.parametrize(
    "bad", [Document("a", "", "\ud800"), Document("a", "", "", metadata={"x": object()})]
)
def test_a_document_that_json_cannot_hold_is_refused(bad):
    with pytest.raises(DataError, match="only JSON values"):
        Corpus([bad]).fingerprint  # noqa: B018


def test_a_hundred_thousand_documents_are_named_within_a_second():
    corpus = Corpus(Document(f"{n}", "A title", "some words " * 30) for n in range(100_000))
    start = time.process_time()
    assert len(corpus.fingerprint) == 16
    assert time.process_time() - start < 1


# --- files ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["corpus.jsonl", "corpus.jsonl.gz"])
def test_what_is_written_reads_back(tmp_path, name):
    assert write_documents(tmp_path / name, [ADA, BOB]) == 2
    assert read_documents(tmp_path / name) == [ADA, BOB]


texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(
    st.lists(st.builds(Document, texts.filter(bool), texts, texts, texts.filter(bool)), min_size=1)
)
def test_any_text_survives(tmp_path_factory, documents):
    path = tmp_path_factory.mktemp("corpus") / "corpus.jsonl"
    write_documents(path, documents)
    assert read_documents(path) == documents


@pytest.mark.parametrize(
    ("record", "document"),
    [
        ({"id": 7, "title": "T", "text": "x"}, Document("7", "T", "x")),
        ({"_id": "q", "title": "T", "text": "x"}, Document("q", "T", "x")),
        ({"title": "T", "text": "x"}, Document("0", "T", "x")),
        ({"id": "c", "contents": '"T"\nx\ny'}, Document("c", "T", "x\ny")),
        ({"id": "c", "contents": "T\nx"}, Document("c", "T", "x")),
        ({"id": "c", "contents": '"Heroes" (album)\nx'}, Document("c", '"Heroes" (album)', "x")),
        ({"id": "c", "contents": "no title"}, Document("c", "", "no title")),
        ({"id": "c", "title": "T", "contents": "x\ny"}, Document("c", "T", "x\ny")),
        ({"id": "c", "title": None, "text": "x"}, Document("c", "", "x")),
        (
            {"id": "c", "text": "x", "url": "u", "metadata": {"y": 1}},
            Document("c", "", "x", metadata={"y": 1, "url": "u"}),
        ),
        (
            {"id": "c", "text": "x", "source": ["News", "Web"]},
            Document("c", "", "x", "News", {"sources": ["News", "Web"]}),
        ),
    ],
)
def test_each_shape_of_record(tmp_path, record, document):
    line = write(tmp_path / "corpus.jsonl", json.dumps(record), "")
    assert read_documents(line) == [document]
    whole = write(tmp_path / "corpus.json", json.dumps([record], indent=2))
    assert read_documents(whole) == [document]
    flat = write(tmp_path / "flat.json", json.dumps([record]))
    assert read_documents(flat) == [document]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": "x", "title": "T"}', r"jsonl:2: has no 'text'; it has 'id', 'title'. Write"),
        ('{"id": "x", "text": ["a", "b"]}', "jsonl:2: 'text' is a list, not a string. Join"),
        ('{"id": "x", "title": 5, "text": ""}', "jsonl:2: 'title' is a int, not a string"),
        ('{"id": null, "text": ""}', "jsonl:2: 'id' is None; give a string or a whole"),
        ('{"id": "x", "text": "", "source": 5}', "jsonl:2: 'source' is 5; give a string"),
        ('{"id": "x", "text": "", "metadata": 5}', "jsonl:2: 'metadata' is 5; give a record"),
        ('{"id": "x", "text": ', "jsonl:2: not JSON"),
        ('"words"', "jsonl:2: is a str, not a record as"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, message):
    path = write(tmp_path / "corpus.jsonl", '{"id": "a", "text": "fine"}', line)
    with pytest.raises(DataError, match=message):
        read_documents(path)


def test_a_bad_record_of_a_list_is_named(tmp_path):
    path = write(tmp_path / "corpus.json", '[{"text": "fine"}, {"title": "T"}]')
    with pytest.raises(DataError, match=r"corpus\.json: record 1: has no 'text'"):
        read_documents(path)


def test_lines_after_a_list_are_refused(tmp_path):
    path = write(tmp_path / "corpus.json", '[{"text": "fine"}]', '{"text": "lost?"}')
    with pytest.raises(DataError, match=r"corpus\.json:2: follows a JSON list"):
        read_documents(path)


@pytest.mark.parametrize("content", ["", "\n\n", "[]"])
def test_an_empty_file_is_refused(tmp_path, content):
    with pytest.raises(DataError, match="holds no documents"):
        read_documents(write(tmp_path / "corpus.jsonl", content))


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"nowhere\.jsonl"):
        read_documents(tmp_path / "nowhere.jsonl")


def test_a_file_cut_short_is_refused(tmp_path):
    path = tmp_path / "corpus.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"text": "x"}\n' * 1000)[:40])
    with pytest.raises(DataError, match="Fetch the file again"):
        read_documents(path)


@pytest.mark.parametrize(
    ("path", "count", "title"),
    [
        ("corpus/wiki_union_corpus.jsonl.gz", 20_546, "Teutberga"),
        ("2wikimultihopqa/2wikimultihopqa_corpus.json.gz", 6_119, "Teutberga"),
        ("rl_samples/search_r1_example_corpus.jsonl", 10, "Evan Morris"),
    ],
)
def test_published_corpora(shared_data, path, count, title):
    if not (shared_data / path).exists():
        pytest.skip(f"no {path}")
    corpus = Corpus(read_documents(shared_data / path))
    assert len(corpus) == count
    assert corpus[0].title == title
    assert all(document.text for document in corpus)


def test_a_corpus_is_its_own_copy():
    """It never changes, and Gymnasium copies deeply what an environment was made with."""
    corpus = Corpus([Document("a", "Ada", "")])
    assert copy.deepcopy(corpus) is corpus
    assert copy.copy(corpus) is corpus
    assert pickle.loads(pickle.dumps(corpus)).fingerprint == corpus.fingerprint
