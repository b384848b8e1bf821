import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from hopgym.core import Document
from hopgym.errors import ConfigError, DataError, UnknownNameError
from hopgym.retrieval import RETRIEVERS, Corpus, make_retriever, register
from hopgym.retrieval.bm25 import BM25Retriever
from hopgym.retrieval.controls import EmptyRetriever

DOCUMENTS = [Document("a", "Ada", "a mathematician"), Document("b", "Bob", "a chemist")]

OWN = """
from hopgym.retrieval.base import Hits

class Last:
    "Finds the last document."
    fingerprint = "last"
    def __init__(self, documents):
        self.documents = documents
    def search(self, queries, k):
        return Hits([[self.documents[-1]]] * len(queries), [[1.0]] * len(queries))

def broken(documents):
    return len(documents)
"""


def test_a_retriever_stays_what_it_is():
    mine = EmptyRetriever()
    assert make_retriever(mine, DOCUMENTS) is mine


def test_the_same_content_shares_one_index():
    first = make_retriever("bm25", DOCUMENTS)
    assert make_retriever("bm25", Corpus(DOCUMENTS[::-1])) is first
    assert make_retriever("bm25", DOCUMENTS[:1]) is not first
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: make_retriever("bm25", DOCUMENTS), range(8))) == {first}


def test_a_name_that_is_registered_again_is_made_again():
    register("own", "One's own.", EmptyRetriever)
    try:
        first = make_retriever("own", DOCUMENTS)
        register("own", "Another.", BM25Retriever)
        assert type(make_retriever("own", DOCUMENTS)) is BM25Retriever
        assert type(first) is EmptyRetriever
    finally:
        RETRIEVERS._factories.pop("own")


def test_ones_own_by_file(tmp_path):
    (tmp_path / "mine.py").write_text(OWN)
    retriever = make_retriever(f"{tmp_path}/mine.py:Last", DOCUMENTS)
    assert retriever.search(["x"], k=1).ids == [["b"]]


def test_a_slash_in_an_option_makes_no_folder(tmp_path, monkeypatch):
    """A model's name has a slash; `mod:factory?model=org/name` was read as a folder."""
    (tmp_path / "mine_with_model.py").write_text(
        "from hopgym.retrieval.controls import EmptyRetriever\n"
        "def make(documents, *, model):\n"
        "    made = EmptyRetriever()\n"
        "    made.model = model\n"
        "    return made\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    for own in ("mine_with_model:make", f"{tmp_path}/mine_with_model.py:make"):
        assert make_retriever(f"{own}?model=org/name", DOCUMENTS).model == "org/name"
    BM25Retriever(DOCUMENTS).save(tmp_path / "in:dex" / "a:b")
    assert make_retriever(f"{tmp_path}/in:dex/a:b").search(["ada"], k=1).ids == [["a"]]


def test_ones_own_by_module():
    retriever = make_retriever("hopgym.retrieval.controls:EmptyRetriever", DOCUMENTS)
    assert type(retriever) is EmptyRetriever


def test_a_factory_of_something_else_is_refused(tmp_path):
    (tmp_path / "mine.py").write_text(OWN)
    with pytest.raises(ConfigError, match=r"mine\.py:broken' returned a int, which is no retr"):
        make_retriever(f"{tmp_path}/mine.py:broken", DOCUMENTS)


def test_a_saved_folder(tmp_path, monkeypatch):
    built = BM25Retriever(DOCUMENTS)
    built.save(tmp_path / "index")
    loaded = make_retriever(tmp_path / "index")
    assert loaded.fingerprint == built.fingerprint
    assert make_retriever(str(tmp_path / "index")) is loaded
    monkeypatch.chdir(tmp_path)
    assert make_retriever("index") is loaded
    BM25Retriever(DOCUMENTS[:1]).save(tmp_path / "index")
    assert len(make_retriever("index").search(["ada chemist"], k=5).ids[0]) == 1


def test_a_folder_that_is_no_index_is_refused(tmp_path):
    for spec in (tmp_path, str(tmp_path), tmp_path / "nowhere", f"{tmp_path}/nowhere"):
        with pytest.raises(DataError, match="is no saved index"):
            make_retriever(spec, DOCUMENTS)


def test_an_index_of_an_unknown_retriever_is_refused(tmp_path):
    BM25Retriever(DOCUMENTS).save(tmp_path / "index")
    manifest = tmp_path / "index" / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "retriever": "bm52"}))
    with pytest.raises(UnknownNameError, match=r"Unknown retriever 'bm52'. Did you mean 'bm25'"):
        make_retriever(tmp_path / "index")


def test_a_retriever_that_cannot_be_saved_cannot_be_loaded(tmp_path):
    BM25Retriever(DOCUMENTS).save(tmp_path / "index")
    manifest = tmp_path / "index" / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "retriever": "http"}))
    with pytest.raises(DataError, match="no saved indexes"):
        make_retriever(tmp_path / "index")


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(UnknownNameError, match=r"'bm52'. Did you mean 'bm25'.*hopgym retrievers"):
        make_retriever("bm52", DOCUMENTS)


@pytest.mark.parametrize("spec", [5, None, EmptyRetriever])
def test_what_is_no_retriever_is_refused(spec):
    with pytest.raises(ConfigError, match=r"is no retriever: it needs `fingerprint` and `search"):
        make_retriever(spec, DOCUMENTS)


def test_no_documents_are_refused_where_some_are_needed():
    with pytest.raises(DataError, match="0 documents"):
        make_retriever("bm25", [])
    assert make_retriever("empty").search(["x"], k=1).ids == [[]]


def test_importing_the_package_is_cheap():
    code = "import sys, hopgym.retrieval; print([m for m in ('bm25s', 'Stemmer', 'rich') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_saved_folder_can_be_moved(tmp_path):
    BM25Retriever(DOCUMENTS).save(tmp_path / "here")
    shutil.move(tmp_path / "here", tmp_path / "there")
    assert make_retriever(tmp_path / "there").search(["ada"], k=1).ids == [["a"]]


def test_options_stand_in_the_name():
    documents = [Document("a", "Ada", "wrote"), Document("b", "Bob", "weighed")]
    plain, chosen = (make_retriever(s, documents) for s in ("bm25", "bm25?k1=1.2&b=0.75"))
    assert plain.fingerprint != chosen.fingerprint
    assert chosen is make_retriever("bm25?k1=1.2&b=0.75", documents)
    with pytest.raises(ConfigError, match=r"'bm25' has no option 'k2'. Did you mean 'k1'"):
        make_retriever("bm25?k2=1", documents)


def test_defect_what_is_no_factory_was_a_bare_type_error(tmp_path):
    with pytest.raises(ConfigError, match=r"'json:loads' was called with the documents and raised"):
        make_retriever("json:loads", DOCUMENTS)
    with pytest.raises(ConfigError, match=r"'os:sep' names a str, which is no factory"):
        make_retriever("os:sep", DOCUMENTS)


def test_the_folder_of_a_saved_index_takes_no_options(tmp_path, monkeypatch):
    BM25Retriever(DOCUMENTS).save(tmp_path / "index")
    monkeypatch.chdir(tmp_path)
    for folder in ("index", "./index", str(tmp_path / "index")):
        with pytest.raises(ConfigError, match=f"a saved index, which takes none.*'{folder}'"):
            make_retriever(f"{folder}?k1=1")
