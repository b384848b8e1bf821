import pickle

import numpy as np
import pytest

from hopgym.core import Document
from hopgym.errors import DataError, RetrievalError
from hopgym.retrieval.store import DOCUMENTS, OFFSETS, StoredDocuments, store_documents

DOCUMENTS_HERE = [
    Document("a", "Ada", "Ünïcode\u2028and\nlines", "News", {"tags": ["x"]}),
    Document("b", "", ""),
    Document("c", "Cid", "x" * 5000),
]


@pytest.fixture
def folder(tmp_path):
    store_documents(tmp_path, DOCUMENTS_HERE)
    return tmp_path


def test_documents_come_back(folder):
    stored = StoredDocuments(folder)
    assert len(stored) == 3
    assert list(stored) == DOCUMENTS_HERE
    assert stored[-1] == DOCUMENTS_HERE[-1]
    assert stored[1:] == DOCUMENTS_HERE[1:]
    assert stored[::-1] == DOCUMENTS_HERE[::-1]


@pytest.mark.parametrize("index", [3, -4])
def test_beyond_the_end(folder, index):
    with pytest.raises(IndexError, match=f"document {index} of 3"):
        StoredDocuments(folder)[index]


def test_a_pickle_holds_the_folder_alone(folder):
    pickled = pickle.dumps(StoredDocuments(folder))
    assert len(pickled) < 500
    assert list(pickle.loads(pickled)) == DOCUMENTS_HERE


@pytest.mark.parametrize("name", [DOCUMENTS, OFFSETS])
def test_a_missing_file_is_refused(folder, name):
    (folder / name).unlink()
    with pytest.raises(DataError, match=r"cannot be read .*Build the index again"):
        StoredDocuments(folder)


@pytest.mark.parametrize("name", [DOCUMENTS, OFFSETS])
def test_a_file_cut_short_is_refused(folder, name):
    (folder / name).write_bytes((folder / name).read_bytes()[:-9])
    with pytest.raises(DataError, match="Build the index again"):
        StoredDocuments(folder)


def test_pickled_offsets_are_never_loaded(folder):
    np.save(folder / OFFSETS, np.array([print], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="cannot be read"):
        StoredDocuments(folder)


def test_a_damaged_document_is_an_error_and_never_a_hit(folder):
    content = (folder / DOCUMENTS).read_bytes()
    (folder / DOCUMENTS).write_bytes(b"\xff" * 20 + content[20:])
    stored = StoredDocuments(folder)
    assert stored[1] == DOCUMENTS_HERE[1]
    with pytest.raises(RetrievalError, match=r"documents\.jsonl: document 0 is damaged"):
        stored[0]


def test_no_documents_are_stored_and_read(tmp_path):
    store_documents(tmp_path, [])
    assert list(StoredDocuments(tmp_path)) == []
    np.save(tmp_path / OFFSETS, np.zeros(0, dtype=np.int64))
    with pytest.raises(DataError, match="does not fit"):
        StoredDocuments(tmp_path)
