import pytest
from kb_files import document, records

from hopgym.core import Document
from hopgym.errors import ConfigError, UnknownNameError
from hopgym.retrieval import RETRIEVERS, make_retriever
from hopgym.retrieval.encoders.hashing import HashingEncoder
from hopgym.retrieval.kb.index import CACHE, factory_of, grow_index, make_index

DOCUMENTS = [document(row) for row in records(40)]
OLD, NEW = DOCUMENTS[:30], DOCUMENTS[30:]
QUERIES = ["river king", "winter bridge poet", "entry 7", "zzz"]
SPECS = [
    "bm25?k1=1.2",
    "tfidf",
    "dense?encoder=hashing",
    "dense?encoder=hashing&index=hnsw",
    'hybrid?children=["bm25","dense?encoder=hashing"]',
    "tantivy",
]


def opened(folder):
    """Open past the shelf."""
    name = make_retriever(folder)
    return type(name).load(folder)


@pytest.mark.parametrize("spec", SPECS)
def test_an_index_is_that_of_the_retriever(tmp_path, spec):
    make_index(spec, iter(DOCUMENTS), tmp_path / "index")
    expected = make_retriever(spec, DOCUMENTS)
    found = opened(tmp_path / "index")
    assert found.fingerprint == expected.fingerprint
    assert found.search(QUERIES, 5).ids == expected.search(QUERIES, 5).ids


@pytest.mark.parametrize("spec", SPECS)
def test_a_grown_index_is_that_of_all(tmp_path, spec):
    make_index(spec, iter(OLD), tmp_path / "old")
    old = opened(tmp_path / "old")
    grow_index(old, spec, iter(NEW), tmp_path / "new")
    expected = make_retriever(spec, DOCUMENTS)
    found = opened(tmp_path / "new")
    assert found.fingerprint == expected.fingerprint
    assert found.search(QUERIES, 5).ids == expected.search(QUERIES, 5).ids
    assert len(old.documents) == 30, "what was grown stays as it is"
    assert len(opened(tmp_path / "old").documents) == 30


class Counting(HashingEncoder):
    encoded = 0

    def encode_documents(self, documents):
        Counting.encoded += len(documents)
        return super().encode_documents(documents)


@pytest.fixture
def counting(monkeypatch):
    monkeypatch.setattr("hopgym.retrieval.encoders.hashing.HashingEncoder", Counting)
    Counting.encoded = 0
    return lambda: Counting.encoded


@pytest.mark.parametrize(
    "spec", ["dense?encoder=hashing?dim=48", SPECS[4].replace('g"', 'g?dim=48"')]
)
def test_what_was_encoded_is_not_encoded_again(tmp_path, counting, spec):
    make_index(spec, iter(OLD), tmp_path / "work" / "index")
    assert counting() == 30
    make_index(spec, iter(DOCUMENTS), tmp_path / "work" / "index")
    assert counting() == 40, "the vectors beside the index were not used"
    grow_index(
        opened(tmp_path / "work" / "index"),
        spec,
        iter([Document("n", "", "new")]),
        tmp_path / "work2" / "index",
    )
    assert counting() == 41
    assert (tmp_path / "work" / CACHE).is_dir()


def test_encoding_tells_how_far_it_is(tmp_path):
    told = []
    spec = "dense?encoder=hashing&batch_size=16"
    make_index(spec, iter(DOCUMENTS), tmp_path / "index", lambda *what: told.append(what))
    assert told == [("encoding", 16), ("encoding", 32), ("encoding", 40)]


def test_streaming_tells_how_far_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr("hopgym.retrieval.kb.index._TOLD_EVERY", 20)
    told = []
    make_index("tantivy", iter(DOCUMENTS), tmp_path / "index", lambda *what: told.append(what))
    assert told == [("indexing", 20), ("indexing", 40)]


def test_an_own_retriever_makes_an_index(tmp_path):
    (tmp_path / "mine.py").write_text(
        "from hopgym.retrieval.tfidf import TfidfRetriever\nclass Mine(TfidfRetriever):\n    pass\n"
    )
    make_index(f"{tmp_path}/mine.py:Mine", iter(DOCUMENTS), tmp_path / "index")
    assert opened(tmp_path / "index").search(QUERIES, 3).ids


def test_what_cannot_be_saved_is_refused():
    with pytest.raises(ConfigError, match=r"'http' cannot be saved.*Take bm25"):
        factory_of("http")


def test_a_function_whose_result_cannot_be_saved_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(RETRIEVERS, "_factories", dict(RETRIEVERS._factories))
    monkeypatch.setattr(RETRIEVERS, "_summaries", dict(RETRIEVERS._summaries))
    RETRIEVERS.register("mine", "A function.", lambda documents: object())
    with pytest.raises(ConfigError, match="'mine' cannot be saved"):
        make_index("mine", iter(DOCUMENTS), tmp_path / "index")


def test_unknown_names_and_options_are_refused():
    with pytest.raises(UnknownNameError, match="Did you mean 'bm25'"):
        factory_of("bm52")
    with pytest.raises(ConfigError, match="no option 'k2'"):
        factory_of("bm25?k2=1")
