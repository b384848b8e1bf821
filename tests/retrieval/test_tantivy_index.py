import pytest

from hopgym.core import Document
from hopgym.errors import DataError
from hopgym.retrieval.analyzer import Analyzer
from hopgym.retrieval.content import ContentHash
from hopgym.seeding import rng_for

pytest.importorskip("tantivy")

from hopgym.retrieval.tantivy_draft import Draft
from hopgym.retrieval.tantivy_index import (
    Settings,
    TantivyIndex,
    address_of,
    damage,
    engine_errors,
    open_searcher,
    stored,
)

ANALYZER = Analyzer()
DOCUMENTS = [
    Document(f"d{n:03}", f"Place {n}", f"entry {n} river", "News", {"n": [n]})
    for n in rng_for(4, "tantivy index").permutation(120).tolist()
]


def made(folder, documents=DOCUMENTS, deleted=(), **changes):
    folder.mkdir()
    draft = Draft(folder, ANALYZER, memory_mb=15)
    draft.add(documents)
    draft.finish()
    content, count = draft.content, draft.content.count
    if deleted:
        other = folder.with_name("other")
        other.mkdir()
        draft = Draft(other, ANALYZER, base=folder, content=content, number=count, memory_mb=15)
        draft.delete(deleted)
        draft.finish()
        content = draft.content
    values = {
        "analyzer": ANALYZER,
        "analyzer_fingerprint": ANALYZER.fingerprint,
        "content": content.state(),
        "count": content.count,
        "number": draft.number,
    }
    return TantivyIndex(draft.folder, Settings(**{**values, **changes}))


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return made(tmp_path_factory.mktemp("tantivy") / "index")


def test_its_documents_are_those_added_in_their_order(index, monkeypatch):
    monkeypatch.setattr("hopgym.retrieval.tantivy_index._PAGE", 7)
    assert list(index.documents) == DOCUMENTS
    assert len(index.documents) == 120


def test_documents_are_a_sequence(index):
    documents = index.documents
    assert documents[0] == DOCUMENTS[0] and documents[-1] == DOCUMENTS[-1]
    assert documents[5:8] == DOCUMENTS[5:8] and documents[::-50] == DOCUMENTS[::-50]
    assert DOCUMENTS[3] in documents
    for place in (120, -121):
        with pytest.raises(IndexError):
            documents[place]


def test_deleted_documents_leave_no_gap(tmp_path):
    gone = {DOCUMENTS[0].id, DOCUMENTS[60].id}
    index = made(tmp_path / "index", deleted=sorted(gone))
    left = [d for d in DOCUMENTS if d.id not in gone]
    assert list(index.documents) == left and len(index.documents) == 118
    assert index.documents[0] == left[0] and index.documents[58] == left[58]
    assert index.documents[117] == left[-1]


def test_the_best_are_found_and_ties_fall_by_id(index):
    found = index.search(["river"], 30)
    assert [document.id for document, _ in found] == [f"d{n:03}" for n in range(30)]
    assert index.search(["entry", "7"], 1)[0][0].id == "d007"
    assert index.search([], 5) == [] and index.search(["nothing"], 5) == []


def test_scores_that_differ_by_rounding_alone_are_equal(index, monkeypatch):
    hits = [(1.0000001, 0), (1.0, 1), (0.5, 2), (0.49999997, 3)]
    names = ["b", "a", "d", "c"]
    monkeypatch.setattr(
        "hopgym.retrieval.tantivy_index.stored", lambda _, n: Document(names[n], "", "")
    )
    row = index._ranked(hits, 3)
    assert [(document.id, score) for document, score in row] == [
        ("a", 1.0000001),
        ("b", 1.0000001),
        ("c", 0.5),
    ]


def test_the_fingerprint_names_content_analyzer_and_history(index, tmp_path):
    assert made(tmp_path / "a", DOCUMENTS[::-1]).fingerprint == index.fingerprint
    assert made(tmp_path / "b", DOCUMENTS[1:]).fingerprint != index.fingerprint
    assert made(tmp_path / "c", history="x").fingerprint != index.fingerprint


def test_the_manifest_tells_what_opens_it_again(index):
    manifest = index.manifest()
    assert (manifest.retriever, manifest.documents) == ("tantivy", 120)
    assert manifest.fingerprint == index.fingerprint
    assert manifest.settings["content"] == ContentHash(DOCUMENTS).state()
    assert set(manifest.versions) == {"tantivy"}


def test_another_stop_list_is_refused(tmp_path):
    with pytest.raises(DataError, match="the stop list 'english_plus' is another version"):
        made(tmp_path / "index", analyzer_fingerprint="another")


def test_a_document_is_found_by_its_id(index):
    address = address_of(index.searcher, "d007")
    assert stored(index.searcher, address).id == "d007"
    assert address_of(index.searcher, "d7") is None


def test_defect_the_engines_failures_are_no_value_errors(tmp_path):
    with pytest.raises(OSError, match=r"tantivy: "), engine_errors():
        raise ValueError("no space")
    with pytest.raises(OSError, match="tantivy"):
        open_searcher(tmp_path)


class PanicException(BaseException):
    """As pyo3's, which no module lets be imported."""


def test_defect_a_panic_of_the_engine_is_an_error_and_an_interrupt_is_none():
    with pytest.raises(OSError, match="tantivy stopped: end <= range"), engine_errors():
        raise PanicException("end <= range")
    with pytest.raises(DataError, match=r"index is damaged \(tantivy stopped.*Build the"), damage():
        raise PanicException("end <= range")
    with pytest.raises(KeyboardInterrupt), damage():
        raise KeyboardInterrupt
    with pytest.raises(DataError, match=r"^mine$"), damage():
        raise DataError("mine")


def test_documents_that_are_gone_from_the_files_are_no_shorter_list(tmp_path):
    index = made(tmp_path / "index", count=121, number=121)
    with pytest.raises(DataError, match="it holds 120 documents, not 121"):
        list(index.documents)
    with pytest.raises(DataError, match="documents, not 121"):
        index.documents[120]
