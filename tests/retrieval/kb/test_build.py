import errno
import hashlib
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from kb_files import document, inside, records, write_lines

from hopgym.core import Document
from hopgym.errors import ConfigError, DataError, UnknownNameError
from hopgym.retrieval import make_retriever
from hopgym.retrieval.content import ContentHash
from hopgym.retrieval.kb import Recipe, add, build, describe, verify
from hopgym.retrieval.kb import build as entrance
from hopgym.retrieval.kb.build import keep
from hopgym.retrieval.kb.manifest import DROPPED
from hopgym.retrieval.kb.staging import BUILDING

ROWS = records(40)
DOCUMENTS = [document(row) for row in ROWS]
SPECS = ["bm25", "tfidf", "dense?encoder=hashing", "tantivy"]
SPECS += ['hybrid?children=["bm25","dense?encoder=hashing"]']
QUERIES = ["river king", "entry 7", "zzz"]


@pytest.fixture
def file(tmp_path):
    return write_lines(tmp_path / "d.jsonl", ROWS)


@pytest.mark.parametrize("spec", SPECS)
def test_a_knowledge_base_is_a_retriever_over_its_documents(tmp_path, file, spec):
    built = build(tmp_path / "kb", [file], Recipe(spec))
    assert built.about.content == ContentHash(DOCUMENTS).hexdigest()
    found, expected = make_retriever(tmp_path / "kb"), make_retriever(spec, DOCUMENTS)
    assert found.fingerprint == expected.fingerprint
    assert found.search(QUERIES, 5).ids == expected.search(QUERIES, 5).ids
    assert verify(tmp_path / "kb") == built.about
    assert not (tmp_path / "kb" / BUILDING).exists()


@pytest.mark.parametrize("spec", SPECS)
def test_adding_gives_what_building_of_all_gives(tmp_path, spec):
    first, second = (write_lines(tmp_path / f"{n}.jsonl", ROWS[n::2]) for n in (0, 1))
    build(tmp_path / "kb", [first], Recipe(spec))
    added = add(tmp_path / "kb", [second])
    whole = build(tmp_path / "whole", [first, second], Recipe(spec))
    assert (added.about.content, added.about.counts) == (whole.about.content, whole.about.counts)
    assert [i["name"] for i in added.about.inputs] == ["0.jsonl", "1.jsonl"]
    found, expected = make_retriever(tmp_path / "kb"), make_retriever(tmp_path / "whole")
    assert found.fingerprint == expected.fingerprint
    assert found.search(QUERIES, 5).ids == expected.search(QUERIES, 5).ids
    verify(tmp_path / "kb")


def test_the_order_and_packing_of_the_input_do_not_change_the_hash(tmp_path, file):
    other = write_lines(tmp_path / "other.jsonl.gz", ROWS[::-1])
    contents = [build(tmp_path / p.stem, [p]).about.content for p in (file, other)]
    assert contents[0] == contents[1]
    changed = write_lines(tmp_path / "c.jsonl", [*ROWS[1:], {**ROWS[0], "title": "Another"}])
    assert build(tmp_path / "c", [changed]).about.content != contents[0]


def test_adding_nothing_new_changes_nothing(tmp_path, file):
    build(tmp_path / "kb", [file])
    before = inside(tmp_path / "kb")
    built = add(tmp_path / "kb", [file])
    assert built.about == describe(tmp_path / "kb")[0]
    assert inside(tmp_path / "kb") == before


def test_adding_cuts_and_sorts_out_by_the_old_recipe(tmp_path, file):
    recipe = Recipe("bm25", chunk_tokens=8, near_duplicates=0.9)
    build(tmp_path / "kb", [file], recipe)
    long = {"id": "long", "text": "one two three four five six seven eight nine ten"}
    near = {**ROWS[0], "id": "near", "title": ROWS[0]["title"] + "!"}
    new = write_lines(tmp_path / "new.jsonl", [long, near])
    about = add(tmp_path / "kb", [new]).about
    ids = {d.id for d in make_retriever(tmp_path / "kb").documents}
    assert {"long#0", "long#1"} <= ids and not any(id.startswith("near") for id in ids)
    assert about.recipe == recipe and about.counts["near-duplicates"] == 2
    _, manifest = describe(tmp_path / "kb")
    dropped = (tmp_path / "kb" / manifest.data / DROPPED).read_text()
    assert [json.loads(line)["of"] for line in dropped.splitlines()] == [
        f"{ROWS[0]['id']}#0",
        f"{ROWS[0]['id']}#1",
    ]


def test_an_id_that_is_taken_leaves_the_old_index(tmp_path, file):
    build(tmp_path / "kb", [file])
    before = inside(tmp_path / "kb")
    new = write_lines(tmp_path / "new.jsonl", [{"id": ROWS[3]["id"], "text": "Something else."}])
    with pytest.raises(DataError, match="is taken by an earlier document"):
        add(tmp_path / "kb", [new])
    assert inside(tmp_path / "kb") == before


BAD = {
    "not UTF-8": b'{"id": "x", "text": "caf\xe9"}',
    "not JSON": b"{",
    "has no text": {"id": "x", "text": "  "},
    "is taken": {"id": ROWS[0]["id"], "text": "Something else."},
    "has no 'text'": {"id": "x"},
}


@pytest.mark.parametrize("message", BAD)
def test_bad_input_leaves_the_old_index(tmp_path, file, message):
    build(tmp_path / "kb", [file])
    before = inside(tmp_path / "kb")
    bad = write_lines(tmp_path / "bad.jsonl", [*ROWS[:9], BAD[message]])
    with pytest.raises(DataError, match=message):
        build(tmp_path / "kb", [bad])
    assert inside(tmp_path / "kb") == before
    with pytest.raises(DataError, match=message):
        build(tmp_path / "new", [bad])
    assert not (tmp_path / "new").exists()
    built = build(tmp_path / "kb", [bad], strict=False)
    assert built.about.passages == 9 and len(built.problems) == 1


def test_nothing_to_index_is_refused(tmp_path, file):
    build(tmp_path / "kb", [file])
    before = inside(tmp_path / "kb")
    empty = write_lines(tmp_path / "empty.jsonl", [{"id": "a", "text": ""}])
    with pytest.raises(DataError, match=r"No document is left.*1 skipped: empty"):
        build(tmp_path / "kb", [empty], strict=False)
    (tmp_path / "nothing.jsonl").write_bytes(b"")
    with pytest.raises(DataError, match="No document is left to index: no records"):
        build(tmp_path / "kb", [tmp_path / "nothing.jsonl"])
    assert inside(tmp_path / "kb") == before


def test_what_is_no_list_of_files_is_refused(tmp_path, file):
    with pytest.raises(ConfigError, match="give a list"):
        build(tmp_path / "kb", str(file))
    with pytest.raises(ConfigError, match="No input files"):
        build(tmp_path / "kb", [])
    with pytest.raises(DataError, match="Check the path"):
        build(tmp_path / "kb", [file, tmp_path / "none.jsonl"])
    with pytest.raises(UnknownNameError, match="'bm25'"):
        build(tmp_path / "kb", [file], Recipe("bm52"))
    with pytest.raises(ConfigError, match="cannot be saved"):
        build(tmp_path / "kb", [file], Recipe("http"))
    assert not (tmp_path / "kb").exists()


def test_a_folder_of_something_else_is_left_alone(tmp_path, file):
    with pytest.raises(DataError, match="Give a new folder"):
        build(tmp_path, [file])
    assert [p.name for p in tmp_path.iterdir()] == ["d.jsonl"]
    with pytest.raises(DataError, match="is no saved index"):
        add(tmp_path, [file])


HOSTILE = [
    "../../evil",
    "/etc/passwd",
    "a\0b",
    "..",
    "\\\\host\\share",
    "x" * 300,
    "{}?a=b&c",
    "é\n",
]


@pytest.mark.parametrize("spec", SPECS)
def test_hostile_ids_and_titles_lead_nowhere(tmp_path, spec):
    rows = [{"id": id, "title": id, "text": f"text {n} river"} for n, id in enumerate(HOSTILE)]
    (tmp_path / "inner").mkdir()
    path = write_lines(tmp_path / "inner" / "d.jsonl", rows)
    build(tmp_path / "inner" / "kb", [path], Recipe(spec))
    assert [p.name for p in tmp_path.iterdir()] == ["inner"]
    assert sorted(p.name for p in (tmp_path / "inner").iterdir()) == ["d.jsonl", "kb"]
    found = make_retriever(tmp_path / "inner" / "kb")
    assert set(found.search(["river"], 10).ids[0]) == set(HOSTILE)


@pytest.mark.parametrize("spec", SPECS)
def test_defect_nothing_is_pickled(tmp_path, file, spec):
    """Seed 004 pickled its knowledge bases: opening one ran whatever code it held."""
    build(tmp_path / "kb", [file], Recipe(spec))
    for path in (tmp_path / "kb").rglob("*"):
        if path.suffix == ".npy":
            np.load(path, allow_pickle=False)
        assert path.suffix not in {".pkl", ".pickle", ".pt", ".bin", ".joblib"}
        assert not path.is_file() or path.read_bytes()[:2] not in (b"\x80\x04", b"\x80\x05")


def test_defect_the_model_is_named_in_the_manifest(tmp_path, file):
    """Seed 004 wrote the model's name as "unknown", so that nothing could be compared."""
    build(tmp_path / "kb", [file], Recipe("dense?encoder=hashing?dim=48"))
    about, manifest = describe(tmp_path / "kb")
    assert about.recipe.retriever == "dense?encoder=hashing?dim=48"
    assert manifest.settings["encoder"].startswith("hashing")
    assert manifest.settings["encoder_settings"]["dim"] == manifest.settings["dim"] == 48


def test_a_dense_base_of_another_model_or_size_is_refused(tmp_path, file):
    build(tmp_path / "kb", [file], Recipe("dense?encoder=hashing?dim=48"))
    file = tmp_path / "kb" / "manifest.json"
    manifest = json.loads(file.read_text())
    settings = {**manifest["settings"], "encoder": "hashing?dim=64"}
    file.write_text(json.dumps({**manifest, "settings": settings}))
    with pytest.raises(DataError, match=r"another encoder.*dim \(48 there, 64 here\)"):
        make_retriever(tmp_path / "kb")
    vectors = tmp_path / "kb" / manifest["data"] / "vectors.npy"
    np.save(vectors, np.zeros((len(ROWS), 50), dtype=np.float32))
    sizes = {**manifest["sizes"], "vectors.npy": vectors.stat().st_size}
    file.write_text(json.dumps({**manifest, "sizes": sizes}))
    with pytest.raises(DataError, match="vectors of 50 dimensions, not 40 of 48"):
        make_retriever(tmp_path / "kb")


@pytest.mark.parametrize("spec", SPECS)
def test_an_open_base_answers_on_while_another_takes_its_place(tmp_path, file, spec):
    build(tmp_path / "kb", [file], Recipe(spec))
    old = make_retriever(tmp_path / "kb")
    before = old.search(QUERIES, 5)
    build(tmp_path / "kb", [write_lines(tmp_path / "e.jsonl", ROWS[:3])], Recipe(spec))
    assert old.search(QUERIES, 5) == before
    assert len(make_retriever(tmp_path / "kb").documents) == 3


def full_disk(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


PLACES = [
    "hopgym.retrieval.kb.staging.atomic_write",
    "hopgym.retrieval.bm25.store_documents",
    "hopgym.retrieval.saved.atomic_write",
    "hopgym.retrieval.kb.manifest.link_folder",
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("what", [build, add])
def test_a_full_disk_half_way_leaves_the_old_index(tmp_path, file, monkeypatch, place, what):
    build(tmp_path / "kb", [file])
    before = inside(tmp_path / "kb")
    new = write_lines(tmp_path / "new.jsonl", [{"id": "new", "text": "new"}])
    with monkeypatch.context() as patch:
        patch.setattr(place, full_disk)
        with pytest.raises(DataError, match=r"No space left.*as it was.*same command again"):
            what(tmp_path / "kb", [new])
    kept = {p: c for p, c in inside(tmp_path / "kb").items() if not p.startswith(BUILDING)}
    assert kept == before
    assert make_retriever(tmp_path / "kb").search(["river"], 3).ids[0]
    assert what(tmp_path / "kb", [new]).about.passages == (1 if what is build else 41)
    verify(tmp_path / "kb")


SMALL_DISK = """
import resource, sys
sys.dont_write_bytecode = True  # half a compiled module breaks others
from hopgym.__main__ import main
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)
main()
"""


@pytest.mark.parametrize("type", ["bm25", "tantivy", "dense?encoder=hashing&index=hnsw"])
def test_a_file_that_cannot_grow_leaves_the_old_index(tmp_path, file, type):
    """The system itself refuses to write further, in Python as in the library."""
    pytest.importorskip("resource")
    build(tmp_path / "kb", [file], Recipe(type))
    before = inside(tmp_path / "kb")
    large = write_lines(tmp_path / "large.jsonl", records(3000, words=40))
    command = ["kb", "build", "--documents", str(large), "--output", str(tmp_path / "kb")]
    for limit in ("20000", "500000"):
        run = subprocess.run(
            [sys.executable, "-c", SMALL_DISK, limit, *command, "--type", type],
            capture_output=True,
            text=True,
        )
        assert run.returncode == 2 and "Traceback" not in run.stderr, run.stderr
        told = " ".join(run.stderr.split())
        assert "could not be written" in told and "File too large" in told, told
        kept = {p: c for p, c in inside(tmp_path / "kb").items() if not p.startswith(BUILDING)}
        assert kept == before
    assert verify(tmp_path / "kb").passages == len(ROWS)
    assert build(tmp_path / "kb", [large], Recipe(type)).about.passages == 3000


class Stop(BaseException):
    pass


def stop(*_, **__):
    raise Stop


@pytest.mark.parametrize(
    "what, place",
    [(build, "make_index"), (build, "publish"), (add, "grow_index"), (add, "publish")],
)
def test_a_stopped_build_continues(tmp_path, file, monkeypatch, what, place):
    module = sys.modules[keep.__module__]
    build(tmp_path / "kb", [file])
    before = verify(tmp_path / "kb")
    new = write_lines(tmp_path / "new.jsonl", [{"id": "new", "text": "new"}])
    with monkeypatch.context() as patch:
        patch.setattr(module, place, stop)
        with pytest.raises(Stop):
            what(tmp_path / "kb", [new])
    assert verify(tmp_path / "kb") == before
    with monkeypatch.context() as patch:
        patch.setattr("hopgym.retrieval.kb.collect.read_records", stop)  # not read again
        what(tmp_path / "kb", [new])
    assert make_retriever(tmp_path / "kb").search(["new"], 1).ids == [["new"]]
    assert not (tmp_path / "kb" / BUILDING).exists()


def test_a_changed_input_is_read_again(tmp_path, file, monkeypatch):
    module = sys.modules[keep.__module__]
    with monkeypatch.context() as patch:
        patch.setattr(module, "make_index", stop)
        with pytest.raises(Stop):
            build(tmp_path / "kb", [file])
    write_lines(file, [{"id": "other", "text": "other"}])
    assert build(tmp_path / "kb", [file]).about.passages == 1


def test_a_base_that_changed_meanwhile_is_not_added_to(tmp_path, file, monkeypatch):
    module = sys.modules[keep.__module__]
    build(tmp_path / "kb", [file])
    monkeypatch.setattr(module, "current", lambda path: "data-another")
    with pytest.raises(DataError, match="changed by another process"):
        add(tmp_path / "kb", [file])


def test_progress_is_told(tmp_path, file):
    told = []
    build(
        tmp_path / "kb", [file], Recipe("dense?encoder=hashing"), progress=lambda *a: told.append(a)
    )
    size = file.stat().st_size
    assert told[0] == ("reading", size, size)
    assert ("encoding", 40, 40) in told and told[-1] == ("indexing", 1, 1)


def test_a_retriever_is_kept_as_a_knowledge_base(tmp_path):
    retriever = make_retriever("tfidf", DOCUMENTS)
    about = keep(tmp_path / "kb", retriever, Recipe("tfidf"))
    assert about == verify(tmp_path / "kb")
    assert about.content == ContentHash(DOCUMENTS).hexdigest() and about.passages == 40
    keep(tmp_path / "kb", make_retriever("bm25", DOCUMENTS[:2]), Recipe("bm25"))
    assert verify(tmp_path / "kb").passages == 2


def test_what_shows_no_documents_is_not_kept(tmp_path):
    retriever = make_retriever("http?url=http://127.0.0.1:9")
    with pytest.raises(ConfigError, match="no `documents`"):
        keep(tmp_path / "kb", retriever, Recipe("http"))
    assert not (tmp_path / "kb").exists()


def test_the_package_and_its_function_share_a_name():
    assert entrance is build and callable(build)


def test_the_names_of_data_tell_nothing_of_the_machine(tmp_path, file):
    """The same input gives the same files, whenever and wherever it is built."""
    sums = []
    for name in ("a", "b"):
        build(tmp_path / name, [file])
        _, manifest = describe(tmp_path / name)
        data = inside(tmp_path / name / manifest.data)
        sums.append({p: hashlib.sha256(c).hexdigest() for p, c in data.items()})
    assert sums[0] == sums[1]


def test_a_document_is_found_as_it_was_written(tmp_path):
    row = {"id": "a", "title": "Ada", "text": "river", "source": "News", "metadata": {"n": [1]}}
    build(tmp_path / "kb", [write_lines(tmp_path / "d.jsonl", [row])])
    [[(found, _)]] = make_retriever(tmp_path / "kb").search(["river"], 1)
    assert found == Document("a", "Ada", "river", "News", {"n": [1]})


def test_nothing_is_added_to_a_damaged_base(tmp_path, file):
    """The damaged file would have got a digest of its own, and the base been called whole."""
    build(tmp_path / "kb", [file], Recipe("dense?encoder=hashing?dim=48"))
    vectors = tmp_path / "kb" / describe(tmp_path / "kb")[1].data / "vectors.npy"
    content = vectors.read_bytes()
    vectors.write_bytes(content[:200] + bytes(len(content) - 200))
    more = write_lines(tmp_path / "more.jsonl", [{"id": "new", "text": "A lighthouse."}])
    with pytest.raises(DataError, match=r"vectors\.npy: is damaged"):
        add(tmp_path / "kb", [more])
    vectors.write_bytes(content)
    assert add(tmp_path / "kb", [more]).about.passages == len(ROWS) + 1
