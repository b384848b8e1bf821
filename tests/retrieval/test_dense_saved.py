import json
import os
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
from retriever_contract import DOCUMENTS, QUERIES
from tiny_models import sentence_model_in

from hopgym.errors import DataError, RetrievalError
from hopgym.retrieval import make_retriever
from hopgym.retrieval.dense import DenseRetriever
from hopgym.retrieval.dense_saved import differences, versions
from hopgym.retrieval.encoders import HashingEncoder
from hopgym.retrieval.faiss_index import INDEX
from hopgym.retrieval.store import StoredDocuments
from hopgym.retrieval.vectors import VECTORS

pytest.importorskip("faiss")


@pytest.fixture
def folder(tmp_path):
    DenseRetriever(DOCUMENTS, encoder="hashing?dim=32").save(tmp_path / "index")
    return tmp_path / "index"


def change(folder, **settings):
    """Rewrite settings in the manifest."""
    file = folder / "manifest.json"
    content = json.loads(file.read_text())
    content["settings"] |= settings
    file.write_text(json.dumps(content))


def data(folder):
    (found,) = folder.glob("data-*")
    return found


@pytest.mark.parametrize("mmap", [True, False])
@pytest.mark.parametrize("index", ["flat", "hnsw", "IVF4,Flat"])
def test_what_is_loaded_answers_the_same(tmp_path, index, mmap):
    made = DenseRetriever(DOCUMENTS, encoder="hashing", index=index, normalize=True)
    made.save(tmp_path / "i")
    loaded = DenseRetriever.load(tmp_path / "i", mmap=mmap)
    assert loaded.fingerprint == made.fingerprint
    assert loaded.search(QUERIES, 9) == made.search(QUERIES, 9)
    assert make_retriever(tmp_path / "i").search(QUERIES, 9) == made.search(QUERIES, 9)


def test_it_names_the_encoder_and_its_libraries(folder):
    """Seed 004 saved the model's name as "unknown"."""
    settings = json.loads((folder / "manifest.json").read_text())["settings"]
    assert settings["encoder"] == "hashing?dim=32&normalize=true"
    assert settings["dim"] == 32
    assert settings["encoder_settings"] == {"encoder": "hashing", "dim": 32, "normalize": True}
    assert {"numpy", "faiss-cpu"} <= set(versions())


def test_a_models_prefix_pooling_and_dimension_are_saved(tmp_path):
    pytest.importorskip("sentence_transformers")
    model = sentence_model_in(tmp_path / "tiny")
    DenseRetriever(DOCUMENTS[:3], encoder=f"e5?model={model}").save(tmp_path / "index")
    saved = json.loads((tmp_path / "index" / "manifest.json").read_text())["settings"]
    expected = {
        "query_prefix": "query: ",
        "document_prefix": "passage: ",
        "pooling": "mean",
        "normalize": True,
        "dim": 16,
    }
    assert expected.items() <= saved["encoder_settings"].items()
    with pytest.raises(DataError, match=r"differ in .*query_prefix \('query: ' there, '' here\)"):
        DenseRetriever.load(tmp_path / "index", encoder=model)
    shutil.rmtree(model)
    sentence_model_in(model, seed=1)
    from hopgym.retrieval import encoders

    encoders._MADE.clear()  # as another process, which has not read the old model
    with pytest.raises(DataError, match=r"differ in content .*Give the encoder that it was"):
        DenseRetriever.load(tmp_path / "index")


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        ("hashing?dim=64", r"dim \(32 there, 64 here\)"),
        ("hashing?dim=32&normalize=false", r"normalize \(True there, False here\)"),
    ],
)
def test_another_encoder_is_refused(folder, other, difference):
    with pytest.raises(DataError, match=rf"another encoder .* differ in {difference}.*build the"):
        DenseRetriever.load(folder, encoder=other)
    assert DenseRetriever.load(folder, encoder="hashing?dim=32").search(["ada"], 1).ids[0]


class Own(HashingEncoder):
    """A user's own, without a name."""

    spec = None


def test_an_encoder_of_ones_own_is_given_again(tmp_path):
    made = DenseRetriever(DOCUMENTS, encoder=Own(dim=16))
    made.save(tmp_path / "i")
    with pytest.raises(DataError, match=r"an encoder of your own.*load\(.*encoder=\.\.\.\)"):
        DenseRetriever.load(tmp_path / "i")
    loaded = DenseRetriever.load(tmp_path / "i", encoder=Own(dim=16))
    assert loaded.search(QUERIES, 5) == made.search(QUERIES, 5)


@pytest.mark.parametrize("spec", ["evil.py:Encoder", "os:system", "../../model", 5, None])
def test_a_manifest_does_not_choose_what_code_runs(folder, spec):
    change(folder, encoder=spec)
    with pytest.raises(DataError, match="an encoder of your own"):
        DenseRetriever.load(folder)


def other_vectors(folder):
    np.save(data(folder) / VECTORS, np.zeros((len(DOCUMENTS), 16, 2), np.float32)[:, :, 0].copy())
    fit_sizes(folder)


def fewer_vectors(folder):
    np.save(data(folder) / VECTORS, np.zeros((3, 32), np.float32))
    fit_sizes(folder)


def fit_sizes(folder):
    """Make the manifest agree, as one who builds a foreign index by hand."""
    file = folder / "manifest.json"
    content = json.loads(file.read_text())
    for name in content["sizes"]:
        content["sizes"][name] = (data(folder) / name).stat().st_size
    file.write_text(json.dumps(content))


def cut(folder):
    file = data(folder) / VECTORS
    file.write_bytes(file.read_bytes()[:-1000])


def cut_and_fit(folder):
    cut(folder)
    fit_sizes(folder)


def not_a_number(folder):
    vectors = np.load(data(folder) / VECTORS)
    vectors[5, 3] = np.nan
    np.save(data(folder) / VECTORS, vectors)


@pytest.mark.parametrize(
    "damage",
    [
        other_vectors,
        fewer_vectors,
        cut,
        cut_and_fit,
        not_a_number,
        lambda folder: change(folder, longest=None),
        lambda folder: change(folder, longest="1"),
        lambda folder: change(folder, dim=31),
        lambda folder: change(folder, index="hnsw"),
        lambda folder: change(folder, index=5),
        lambda folder: change(folder, normalize="yes"),
        lambda folder: (data(folder) / VECTORS).unlink(),
        lambda folder: (folder / "manifest.json").write_text("{"),
        lambda folder: (folder / "manifest.json").unlink(),
    ],
)
def test_a_damaged_or_foreign_index_is_refused_with_the_cure(folder, damage):
    damage(folder)
    cure = "Build the index again|Give the folder that a retriever"
    with pytest.raises(DataError, match=cure):
        DenseRetriever.load(folder, mmap=False)


def test_a_mapped_index_with_nan_finds_no_empty_row(folder):
    not_a_number(folder)
    loaded = DenseRetriever.load(folder)
    with pytest.raises(RetrievalError, match=r"vectors that are not finite. Build the index again"):
        loaded.search(["ada"], len(DOCUMENTS))


def test_a_damaged_graph_is_refused(tmp_path):
    DenseRetriever(DOCUMENTS, encoder="hashing", index="hnsw").save(tmp_path / "i")
    file = data(tmp_path / "i") / INDEX
    content = bytearray(file.read_bytes())
    content[:64] = os.urandom(64)
    file.write_bytes(content)
    with pytest.raises(DataError, match=r"is damaged .*Build the index again"):
        DenseRetriever.load(tmp_path / "i")


def test_an_index_of_another_retriever_is_refused(tmp_path):
    make_retriever("bm25", DOCUMENTS).save(tmp_path / "i")
    with pytest.raises(DataError, match=r"is an index of the retriever 'bm25', not 'dense'"):
        DenseRetriever.load(tmp_path / "i")


def test_a_save_that_fails_leaves_the_old_index(folder, monkeypatch):
    before = DenseRetriever.load(folder).search(QUERIES, 5)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(DataError, match=r"No space left.*as it was"):
        DenseRetriever(DOCUMENTS[:4], encoder="hashing?dim=32").save(folder)
    monkeypatch.undo()
    assert DenseRetriever.load(folder).search(QUERIES, 5) == before
    assert len(list(folder.glob("data-*"))) == 1


SAVE = """
import sys, time
import numpy as np
from retriever_contract import DOCUMENTS
from hopgym.retrieval.dense import DenseRetriever
retriever = DenseRetriever(DOCUMENTS[:5], encoder="hashing?dim=32")
real = np.save
def slow(*arguments, **keywords):
    real(*arguments, **keywords)
    print("half", flush=True)
    time.sleep(60)
np.save = slow
retriever.save(sys.argv[1])
"""


def test_a_process_killed_while_saving_leaves_the_old_index(folder):
    before = DenseRetriever.load(folder).search(QUERIES, 5)
    child = subprocess.Popen(
        [sys.executable, "-c", SAVE, str(folder)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": "tests"},
    )
    assert child.stdout.readline() == b"half\n"
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert DenseRetriever.load(folder).search(QUERIES, 5) == before


def test_a_mapped_index_is_opened_without_being_read(tmp_path):
    DenseRetriever(DOCUMENTS, encoder="hashing?dim=8").save(tmp_path / "i")
    mapped, read = (DenseRetriever.load(tmp_path / "i", mmap=mmap) for mmap in (True, False))
    assert isinstance(mapped._index.vectors.base, np.memmap)
    assert not isinstance(read._index.vectors.base, np.memmap)
    assert isinstance(mapped.documents, StoredDocuments) and isinstance(read.documents, list)


def test_differences_name_what_differs_and_places_last():
    was = {"model": "/a", "dim": 3, "pooling": "mean"}
    now = {"model": "/b", "dim": 4, "pooling": "mean", "normalize": True}
    assert differences(was, now) == (
        "dim (3 there, 4 here), normalize (None there, True here), model ('/a' there, '/b' here)"
    )
    assert differences("nonsense", {}) == "nothing that its settings name"
