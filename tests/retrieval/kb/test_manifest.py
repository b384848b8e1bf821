import json
import shutil

import pytest
from kb_files import document, records, write_lines

from hopgym.core import Document
from hopgym.errors import ConfigError, DataError, RetrievalError
from hopgym.retrieval import RETRIEVERS, make_retriever
from hopgym.retrieval.bm25 import BM25Retriever
from hopgym.retrieval.content import ContentHash
from hopgym.retrieval.kb import Recipe, RetrievalManager, add, build
from hopgym.retrieval.kb.manifest import DROPPED, KEY, describe, open_retriever, publish, verify
from hopgym.retrieval.saved import MANIFEST

ROWS = records(20)
DOCUMENTS = [document(row) for row in ROWS]


@pytest.fixture
def kb(tmp_path):
    path = write_lines(tmp_path / "d.jsonl", [*ROWS, {**ROWS[0], "id": "copy"}])
    build(tmp_path / "kb", [path], Recipe("bm25?k1=1.2"))
    return tmp_path / "kb"


def edit(folder, **changes):
    file = folder / MANIFEST
    unsealed = {"seal": "", **changes}
    file.write_text(json.dumps({**json.loads(file.read_text()), **unsealed}))


def edit_base(folder, **changes):
    settings = json.loads((folder / MANIFEST).read_text())["settings"]
    edit(folder, settings={**settings, KEY: {**settings[KEY], **changes}})


def test_it_says_how_and_of_what_it_was_made(kb):
    about, manifest = describe(kb)
    assert about.content == ContentHash(DOCUMENTS).hexdigest()
    assert about.passages == manifest.documents == 20
    assert about.recipe == Recipe("bm25?k1=1.2")
    assert about.counts == {"records": 21, "duplicates": 1}
    assert about.inputs == [{"name": "d.jsonl", "bytes": (kb.parent / "d.jsonl").stat().st_size}]
    assert manifest.fingerprint == make_retriever("bm25?k1=1.2", DOCUMENTS).fingerprint


def test_the_manifest_names_no_path_of_this_machine(kb):
    assert str(kb.parent) not in (kb / MANIFEST).read_text()


def test_what_was_left_out_is_listed(kb):
    _, manifest = describe(kb)
    lines = (kb / manifest.data / DROPPED).read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        {"id": "copy", "of": ROWS[0]["id"], "near": False}
    ]


def test_verifying_reads_everything(kb):
    assert verify(kb) == describe(kb)[0]


def test_a_changed_document_is_noticed(kb):
    _, manifest = describe(kb)
    file = kb / manifest.data / "documents.jsonl"
    file.write_bytes(file.read_bytes().replace(b"Entry 7:", b"Entry 8:"))
    with pytest.raises(DataError, match=r"documents\.jsonl: is damaged"):
        verify(kb)
    edit(kb, digests={})  # as an earlier hopgym wrote it
    with pytest.raises(DataError, match=r"holds 20 passages with the hash.*Build it again"):
        verify(kb)


SPECS = ["bm25", "tfidf", "dense?encoder=hashing", 'hybrid?children=["bm25","tfidf"]', "tantivy"]


@pytest.mark.parametrize("spec", SPECS)
def test_defect_every_changed_file_is_named_that_of_a_child_too(tmp_path, spec):
    """Zeroed vectors, flipped weights and a hybrid's second child were called whole."""
    if spec == "tantivy":
        pytest.importorskip("tantivy")
    kb = tmp_path / "kb"
    build(kb, [write_lines(tmp_path / "d.jsonl", ROWS)], Recipe(spec))
    data = kb / describe(kb)[1].data
    files = [file for file in data.rglob("*") if file.stat().st_size and file.is_file()]
    files = [file for file in files if file.suffix != ".lock"]
    assert len(files) > 2 and (spec[:3] != "hyb" or any("child-1" in str(f) for f in files))
    for file in [*files, kb / MANIFEST]:
        content = file.read_bytes()
        half = len(content) // 2
        for bad in (
            content[:half] + bytes([content[half] ^ 1]) + content[half + 1 :],
            bytes(len(content)),
        ):
            file.unlink()  # its name only: another may be linked to it
            file.write_bytes(bad)
            with pytest.raises(DataError, match=file.name):
                verify(kb)
        file.write_bytes(content)
    assert verify(kb).passages == 20


def test_a_changed_manifest_is_noticed_and_one_of_an_earlier_hopgym_is_not(kb):
    settings = json.loads((kb / MANIFEST).read_text())["settings"]
    edit(kb, seal=describe(kb)[1].seal, settings={**settings, "new": 1})
    with pytest.raises(DataError, match=r"manifest\.json: is damaged"):
        verify(kb)
    early = json.loads((kb / MANIFEST).read_text())
    del early["seal"], early["digests"]
    (kb / MANIFEST).write_text(json.dumps(early))
    assert verify(kb).passages == 20 and describe(kb)[1].digests == {}


@pytest.mark.parametrize("command", ["search", "verify", "export", "add", "open"])
def test_defect_no_damaged_tantivy_base_stops_with_an_error_of_the_engine(tmp_path, command):
    """Its panics are no Exception, and escaped from everything."""
    pytest.importorskip("tantivy")
    build(tmp_path / "kb", [write_lines(tmp_path / "d.jsonl", ROWS)], Recipe("tantivy"))
    more = write_lines(tmp_path / "more.jsonl", [{"id": "new", "text": "new"}])
    uses = {
        "search": lambda kb: make_retriever(kb).search(["entry place"], 5),
        "verify": verify,
        "export": lambda kb: list(open_retriever(kb).documents),
        "add": lambda kb: add(kb, [more]),
        "open": make_retriever,
    }
    failed = 0
    data = tmp_path / "kb" / describe(tmp_path / "kb")[1].data
    for number, file in enumerate(sorted(f.name for f in data.iterdir() if f.stat().st_size)):
        for kind in ("zero", "flip", "ones"):
            kb = tmp_path / f"{number}-{kind}"
            shutil.copytree(tmp_path / "kb", kb)
            bad = kb / data.name / file
            half, content = bad.stat().st_size // 2, bad.read_bytes()
            flipped = content[:half] + bytes([content[half] ^ 0x5A]) + content[half + 1 :]
            many = {"zero": bytes(len(content)), "flip": flipped, "ones": b"\xff" * len(content)}
            bad.write_bytes(many[kind])
            try:
                uses[command](kb)
            except (DataError, RetrievalError) as error:
                assert "again" in str(error)
                failed += 1
    assert failed


def test_defect_what_is_no_recipe_is_refused(tmp_path):
    path = write_lines(tmp_path / "d.jsonl", ROWS)
    with pytest.raises(ConfigError, match=r"recipe is 'bm25'; give a Recipe: Recipe\('bm25'\)"):
        build(tmp_path / "kb", [path], "bm25")
    with pytest.raises(ConfigError, match="chunk tokens: '100' was given; give a whole number"):
        Recipe("bm25", chunk_tokens="100")
    with pytest.raises(ConfigError, match=r"overlap: 2\.5 was given; give a whole number"):
        Recipe("bm25", chunk_tokens=10, overlap=2.5)
    with pytest.raises(ConfigError, match=r"near-duplicates is '0\.9'; give a number"):
        Recipe("bm25", near_duplicates="0.9")
    with pytest.raises(ConfigError, match=r"the retriever is 5; give the name"):
        Recipe(5)


def test_another_number_of_passages_is_noticed(kb):
    edit_base(kb, passages=21)
    with pytest.raises(DataError, match="not 21 with"):
        verify(kb)


def test_another_index_is_noticed(kb, monkeypatch):
    monkeypatch.setattr(BM25Retriever, "fingerprint", "another", raising=False)
    load = BM25Retriever.load.__func__

    def other(cls, folder):
        retriever = load(cls, folder)
        retriever.fingerprint = "another"
        return retriever

    monkeypatch.setattr(BM25Retriever, "load", classmethod(other))
    with pytest.raises(DataError, match="not the one its manifest names"):
        verify(kb)


def test_a_saved_index_alone_is_no_knowledge_base(tmp_path):
    make_retriever("bm25", DOCUMENTS).save(tmp_path / "index")
    with pytest.raises(DataError, match=r"no knowledge base.*hopgym kb build"):
        describe(tmp_path / "index")


def test_a_damaged_manifest_is_refused(kb):
    edit_base(kb, passages="many")
    with pytest.raises(DataError, match=r"damaged.*passages.*Build it again"):
        describe(kb)
    edit_base(kb, passages=20, recipe={"retriever": "bm25", "chunk_tokens": -5})
    with pytest.raises(DataError, match=r"damaged.*chunk tokens are -5"):
        describe(kb)
    (kb / MANIFEST).write_text("{")
    with pytest.raises(DataError, match=r"is damaged .*Build the index again"):
        describe(kb)


@pytest.mark.parametrize("missing", ["documents.jsonl", "data.csc.index.npy"])
def test_a_missing_or_cut_file_is_refused(kb, missing):
    _, manifest = describe(kb)
    file = kb / manifest.data / missing
    content = file.read_bytes()
    file.write_bytes(content[:-1])
    with pytest.raises(DataError, match=r"bytes, not.*Build the index again"):
        verify(kb)
    file.unlink()
    with pytest.raises(DataError, match=r"is missing.*Build the index again"):
        make_retriever(kb)


def test_a_foreign_folder_is_refused(tmp_path):
    (tmp_path / "foreign").mkdir()
    for content, message in (
        (None, "is no saved index"),
        ('{"format": 99}', "format 99"),
        ('{"index": "faiss"}', "format None"),
        ("[]", "format None"),
    ):
        if content:
            (tmp_path / "foreign" / MANIFEST).write_text(content)
        with pytest.raises(DataError, match=message):
            describe(tmp_path / "foreign")


@pytest.mark.parametrize("data", ["../elsewhere", "/etc", "data-x/../..", ""])
def test_a_manifest_that_leads_outside_is_refused(kb, data):
    edit(kb, data=data)
    with pytest.raises(DataError, match="outside of its folder"):
        describe(kb)


def test_a_manifest_does_not_choose_what_code_runs(kb, tmp_path):
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'run')!r}, 'w')\nclass Evil: pass\n")
    evil = f"{tmp_path}/evil.py:Evil"
    for spec in (evil, f"dense?encoder={evil}", f'hybrid?children=["bm25","{evil}"]'):
        edit_base(kb, recipe={"retriever": spec})
        assert describe(kb)[0].recipe.retriever == spec, "it may be read"
        with pytest.raises(DataError, match="not run because a file asks for it"):
            add(kb, [kb.parent / "d.jsonl"])
        manager = RetrievalManager(knowledge_base_path=kb)
        with pytest.raises(DataError, match="not run because a file asks for it"):
            manager.add_documents([Document("new", "", "new")])
    edit(kb, retriever=evil)
    for open_it in (verify, make_retriever, open_retriever):
        with pytest.raises(DataError, match="not registered"):
            open_it(kb)
    assert not (tmp_path / "run").exists()


def test_a_retriever_that_shows_no_documents_is_refused(kb, monkeypatch):
    monkeypatch.setattr(RETRIEVERS, "_factories", dict(RETRIEVERS._factories))
    monkeypatch.setattr(RETRIEVERS, "_summaries", dict(RETRIEVERS._summaries))

    class Mute:
        def load(folder):
            return Mute()

    RETRIEVERS.register("bm25", "", Mute)
    with pytest.raises(ConfigError, match="Mute has no `documents`"):
        open_retriever(kb)


def test_publishing_replaces_in_one_step_and_leaves_one_index(kb, tmp_path):
    about, old = describe(kb)
    make_retriever("tfidf", DOCUMENTS[:5]).save(tmp_path / "index")
    publish(tmp_path / "index", kb, about, iter([b"{}\n"]))
    _, manifest = describe(kb)
    assert manifest.retriever == "tfidf" and manifest.data != old.data
    assert sorted(p.name for p in kb.iterdir()) == sorted([manifest.data, MANIFEST])
    assert manifest.sizes[DROPPED] == 3


def test_impossible_recipes_are_refused():
    with pytest.raises(ConfigError, match="chunk tokens are -1"):
        Recipe(chunk_tokens=-1)
    with pytest.raises(ConfigError, match="overlap is 5"):
        Recipe(chunk_tokens=5, overlap=5)
    with pytest.raises(ConfigError, match="up to 1"):
        Recipe(near_duplicates=2)
    with pytest.raises(ConfigError, match="choose one"):
        Recipe(dedupe=False, near_duplicates=0.9)
