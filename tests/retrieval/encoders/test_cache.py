import subprocess
import sys

import numpy as np
import pytest

from hopgym.core import Document
from hopgym.errors import DataError
from hopgym.retrieval.encoders import CachedEncoder, Encoder, HashingEncoder
from hopgym.retrieval.encoders.cache import VectorStore, content_keys

DOCUMENTS = [Document(f"d{n}", f"Title {n}", f"text number {n}") for n in range(20)]


class Counting(HashingEncoder):
    """Counts what it encodes."""

    def __init__(self, dim=16):
        super().__init__(dim=dim)
        self.seen = []

    def encode_documents(self, documents):
        self.seen += [document.title for document in documents]
        return super().encode_documents(documents)


def test_what_was_encoded_once_is_read(tmp_path):
    first = Counting()
    expected = first.encode_documents(DOCUMENTS)
    cached = CachedEncoder(first, tmp_path)
    first.seen.clear()
    np.testing.assert_array_equal(cached.encode_documents(DOCUMENTS), expected)
    assert len(first.seen) == 20
    again = Counting()
    np.testing.assert_array_equal(
        CachedEncoder(again, tmp_path).encode_documents(DOCUMENTS[::-1]), expected[::-1]
    )
    assert again.seen == []


def test_only_what_is_new_is_encoded_and_each_content_once(tmp_path):
    encoder = Counting()
    cached = CachedEncoder(encoder, tmp_path)
    cached.encode_documents(DOCUMENTS[:5])
    encoder.seen.clear()
    same = [Document(f"copy{n}", "Title 7", "text number 7") for n in range(3)]
    vectors = cached.encode_documents([*DOCUMENTS[:8], *same])
    assert encoder.seen == ["Title 5", "Title 6", "Title 7"]
    np.testing.assert_array_equal(vectors[8:], vectors[[7, 7, 7]])


def test_it_goes_by_content_and_not_by_id(tmp_path):
    a, b = Document("x", "T", "one"), Document("x", "T", "two")
    c = Document("y", "T", "one", "News", {"any": 1})
    keys = content_keys([a, b, c])
    assert keys[0].tolist() == keys[2].tolist() != keys[1].tolist()
    assert (
        content_keys([Document("", "a", "b")]).tolist()
        != content_keys([Document("", "", "ab")]).tolist()
    )
    encoder = HashingEncoder(dim=16)
    cached = CachedEncoder(encoder, tmp_path)
    for documents in ([a], [b], [c]):
        np.testing.assert_array_equal(
            cached.encode_documents(documents), encoder.encode_documents(documents)
        )


def test_other_encoders_have_other_vectors(tmp_path):
    for dim in (8, 16):
        encoder = Counting(dim)
        CachedEncoder(encoder, tmp_path).encode_documents(DOCUMENTS)
        assert len(encoder.seen) == 20
    assert len(list(tmp_path.iterdir())) == 2


def test_it_is_the_encoder_that_it_wraps(tmp_path):
    encoder = HashingEncoder(dim=16)
    cached = CachedEncoder(encoder, tmp_path)
    assert isinstance(cached, Encoder)
    assert (cached.dim, cached.fingerprint, cached.spec) == (16, encoder.fingerprint, encoder.spec)
    assert cached.settings == encoder.settings
    np.testing.assert_array_equal(cached.encode_queries(["ada"]), encoder.encode_queries(["ada"]))
    assert cached.encode_documents([]).shape == (0, 16)


def test_vectors_are_mapped(tmp_path):
    cached = CachedEncoder(HashingEncoder(dim=16), tmp_path)
    cached.encode_documents(DOCUMENTS)
    ((_, vectors),) = cached._store._known()
    assert isinstance(vectors, np.memmap)
    assert not vectors.flags.writeable


@pytest.mark.parametrize("suffix", [".keys.npy", ".vectors.npy"])
@pytest.mark.parametrize("content", [b"", b"nonsense", None, "half"])
def test_damage_is_mended(tmp_path, suffix, content):
    CachedEncoder(Counting(), tmp_path).encode_documents(DOCUMENTS)
    (file,) = tmp_path.rglob(f"*{suffix}")
    if content is None:
        file.unlink()
    else:
        whole = file.read_bytes()
        file.write_bytes(whole[: len(whole) // 2] if content == "half" else content)
    for encoded in (20, 0):
        encoder = Counting()
        vectors = CachedEncoder(encoder, tmp_path).encode_documents(DOCUMENTS)
        assert len(encoder.seen) == encoded
        np.testing.assert_array_equal(vectors, HashingEncoder(dim=16).encode_documents(DOCUMENTS))


WORK = """
import sys
from hopgym.core import Document
from hopgym.retrieval.encoders import CachedEncoder, HashingEncoder
folder, start = sys.argv[1], int(sys.argv[2])
plain = HashingEncoder(dim=16)
cached = CachedEncoder(plain, folder)
for step in range(30):
    first = (start * 7 + step * 5) % 60
    batch = [Document("", f"t{n}", f"words of {n}") for n in range(first, first + 20)]
    assert (cached.encode_documents(batch) == plain.encode_documents(batch)).all()
print("whole")
"""


def test_processes_share_a_folder(tmp_path):
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORK, str(tmp_path), str(n)], stdout=subprocess.PIPE, text=True
        )
        for n in range(4)
    ]
    assert [worker.communicate()[0].strip() for worker in workers] == ["whole"] * 4
    assert not list(tmp_path.rglob(".*"))
    encoder = Counting()
    documents = [Document("", f"t{n}", f"words of {n}") for n in range(60)]
    CachedEncoder(encoder, tmp_path).encode_documents(documents)
    assert encoder.seen == []


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path, monkeypatch):
    cached = CachedEncoder(Counting(), tmp_path)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(DataError, match=r"No space left.*give another folder as cache"):
        cached.encode_documents(DOCUMENTS)
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]


def test_a_store_finds_what_it_was_given(tmp_path):
    store = VectorStore(tmp_path / "s", 2)
    keys = np.array([[5, 1], [5, 2], [3, 9]], dtype=np.uint64)
    store.add(keys[:1], np.array([[1, 1]], dtype=np.float32))
    store.add(keys[1:2], np.array([[2, 2]], dtype=np.float32))
    vectors, found = store.find(keys)
    assert found.tolist() == [True, True, False]
    assert vectors.tolist() == [[1, 1], [2, 2], [0, 0]]
