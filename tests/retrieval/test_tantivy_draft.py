import pytest

from hopgym.core import Document
from hopgym.errors import DataError, UnknownNameError
from hopgym.retrieval.analyzer import Analyzer
from hopgym.retrieval.content import ContentHash

pytest.importorskip("tantivy")

from hopgym.retrieval.tantivy_draft import LONGEST_ID, Draft
from hopgym.retrieval.tantivy_index import Settings, TantivyIndex

ANALYZER = Analyzer()
ADA, BOB = Document("ada", "Ada", "A lighthouse."), Document("bob", "Bob", "A windmill.")


def draft_in(folder, documents=(), **options):
    folder.mkdir()
    draft = Draft(folder, ANALYZER, memory_mb=15, **options)
    draft.add(documents)
    return draft


def opened(draft):
    content = draft.content
    settings = Settings(
        ANALYZER, ANALYZER.fingerprint, content.state(), content.count, draft.number
    )
    return TantivyIndex(draft.folder, settings)


def ids(index, word):
    return [document.id for document, _ in index.search(ANALYZER(word), 5)]


def test_a_finished_draft_is_an_index(tmp_path):
    draft = draft_in(tmp_path / "a", [ADA, BOB])
    draft.finish()
    assert ids(opened(draft), "lighthouse") == ["ada"]
    assert draft.content.hexdigest() == ContentHash([ADA, BOB]).hexdigest()
    assert draft.number == 2


def test_the_base_is_never_written_to(tmp_path):
    base = draft_in(tmp_path / "a", [ADA])
    base.finish()
    before = {p.name: p.read_bytes() for p in (tmp_path / "a").iterdir() if p.suffix != ".lock"}
    index = opened(base)
    content = ContentHash([ADA])
    draft = draft_in(tmp_path / "b", [BOB], base=tmp_path / "a", content=content, number=1)
    draft.delete(["ada"])
    draft.finish()
    assert ids(opened(draft), "windmill") == ["bob"] and ids(opened(draft), "lighthouse") == []
    assert draft.deleted == 1
    after = {p.name: p.read_bytes() for p in (tmp_path / "a").iterdir() if p.suffix != ".lock"}
    assert after == before
    assert ids(index, "lighthouse") == ["ada"]


def test_a_closed_draft_leaves_its_base(tmp_path):
    draft_in(tmp_path / "a", [ADA]).finish()
    draft = draft_in(tmp_path / "b", [BOB], base=tmp_path / "a", content=ContentHash([ADA]))
    draft.close()
    again = draft_in(tmp_path / "c", base=tmp_path / "a", content=ContentHash([ADA]), number=1)
    again.finish()
    assert ids(opened(again), "lighthouse") == ["ada"] and ids(opened(again), "windmill") == []


def test_what_is_taken_or_gone_is_refused(tmp_path):
    draft_in(tmp_path / "a", [ADA]).finish()
    draft = draft_in(tmp_path / "b", base=tmp_path / "a", content=ContentHash([ADA]), number=1)
    with pytest.raises(DataError, match="has a document 'ada' already"):
        draft.add([ADA])
    draft.delete(["ada"])
    with pytest.raises(UnknownNameError, match="'ada'"):
        draft.delete(["ada"])
    draft.add([ADA])
    draft.finish()
    assert ids(opened(draft), "lighthouse") == ["ada"]


def test_a_document_just_added_cannot_be_deleted(tmp_path):
    draft = draft_in(tmp_path / "a", [ADA])
    with pytest.raises(UnknownNameError, match="'ada'"):
        draft.delete(["ada"])


def test_two_of_the_same_id_are_found_at_the_end(tmp_path):
    draft = draft_in(tmp_path / "a", [ADA, BOB, Document("ada", "", "again")])
    with pytest.raises(DataError, match="Two documents have the id 'ada'"):
        draft.finish()


def test_ids_that_only_look_alike_to_the_filter_are_no_mistake(tmp_path, monkeypatch):
    class Same:
        def __init__(self, *_, **__): ...

        def digest(self):
            return b"same"

    monkeypatch.setattr("hopgym.retrieval.tantivy_draft.blake2b", Same)
    draft = draft_in(tmp_path / "a", [ADA, BOB])
    draft.finish()
    assert ids(opened(draft), "windmill") == ["bob"]


def test_defect_an_id_too_long_for_the_engine_is_refused(tmp_path):
    """tantivy leaves out terms above 65,530 bytes without a word."""
    draft = draft_in(tmp_path / "a", [Document("x" * LONGEST_ID, "", "longest")])
    with pytest.raises(DataError, match=f"takes up to {LONGEST_ID}"):
        draft.add([Document("é" * LONGEST_ID, "", "longer")])
    draft.finish()
    assert len(ids(opened(draft), "longest")) == 1


def test_what_json_cannot_hold_is_refused(tmp_path):
    with pytest.raises(DataError, match="cannot be written as JSON"):
        draft_in(tmp_path / "a", [Document("x", "", "", metadata={"n": object()})])


def test_a_failing_writer_is_an_os_error(tmp_path):
    with pytest.raises(OSError, match="tantivy"):
        Draft(tmp_path / "nowhere", ANALYZER)


def test_a_field_that_is_no_string_is_refused(tmp_path):
    """A title of None was written, and the index could not be read again."""
    with pytest.raises(DataError, match="The title of document 1 is a NoneType, not a string"):
        draft_in(tmp_path / "a", [ADA, Document("x", None, "")])
