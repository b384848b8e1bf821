import numpy as np
import pytest

from hopgym.errors import ConfigError, DataError, RetrievalError
from hopgym.retrieval.faiss_index import FEWEST_FOR_IVFPQ, INDEX, FaissIndex, build_index
from hopgym.retrieval.vectors import FlatIndex
from hopgym.seeding import rng_for

faiss = pytest.importorskip("faiss")


def some(count, dim=16, seed=0):
    """Vectors in a hundred clusters, of length 1."""
    rng = rng_for(seed, "clusters")
    centres = rng.normal(size=(100, dim))
    vectors = centres[rng.integers(100, size=count)] + 0.3 * rng.normal(size=(count, dim))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def vectors():
    return some(FEWEST_FOR_IVFPQ)


KINDS = ["hnsw", "ivfpq", "IVF64,Flat", "SQ8"]


@pytest.fixture(scope="module")
def built(vectors):
    return {kind: build_index(vectors, kind) for kind in KINDS}


def recall(index, vectors, k=10):
    queries = vectors[::250]
    exact = FlatIndex(vectors).search(queries, k)
    found = index.search(queries, k)
    pairs = zip(exact, found, strict=True)
    return np.mean([len(set(a[0].tolist()) & set(b[0].tolist())) / k for a, b in pairs])


def as_lists(found):
    return [(ids.tolist(), products.tolist()) for ids, products in found]


@pytest.mark.parametrize(("kind", "least"), [("hnsw", 0.98), ("ivfpq", 0.35), ("SQ8", 0.9)])
def test_they_find_nearly_what_is_nearest(built, vectors, kind, least):
    assert recall(built[kind], vectors) >= least


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_equals_its_queries_alone(built, vectors, kind):
    queries = vectors[::301]
    together = as_lists(built[kind].search(queries, 7))
    assert together == [as_lists(built[kind].search(query[None], 7))[0] for query in queries]


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_in_order_and_hold_real_positions(built, vectors, kind):
    for ids, products in built[kind].search(vectors[::500], 30):
        ranks = list(zip((-products).tolist(), ids.tolist(), strict=True))
        assert ranks == sorted(ranks)
        assert ids.min() >= 0


@pytest.mark.parametrize("kind", ["hnsw", "IVF64,Flat"])
def test_two_builds_are_the_same(built, vectors, kind):
    again = build_index(vectors, kind)
    queries = vectors[::99]
    assert as_lists(again.search(queries, 5)) == as_lists(built[kind].search(queries, 5))


def test_minus_one_of_faiss_is_no_position():
    """Seed 004's 2.2, item 10: FAISS fills rows up with -1, which is the last of a list."""
    vectors = some(200)
    index = build_index(vectors, "IVF8,Flat", tuning="nprobe=1")
    raw = index._index.search(vectors[:1], 150)[1]
    assert (raw == -1).any(), "nothing was filled up: the test shows nothing"
    ((ids, _),) = index.search(vectors[:1], 150)
    assert 0 < len(ids) < 150
    assert ids.min() >= 0


def test_tuning_changes_the_search(vectors):
    few, many = (build_index(vectors, "IVF64,Flat", tuning=f"nprobe={n}") for n in (1, 64))
    assert recall(few, vectors) < recall(many, vectors) == pytest.approx(1.0)


def test_the_number_of_threads_is_left_alone(vectors):
    before = faiss.omp_get_max_threads()
    build_index(vectors[:300], "hnsw")
    assert faiss.omp_get_max_threads() == before


@pytest.mark.parametrize("mmap", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_answers_the_same(built, vectors, tmp_path, kind, mmap):
    built[kind].write(tmp_path)
    tuning = {"hnsw": "efSearch=128", "ivfpq": "nprobe=16"}.get(kind, "")
    read = FaissIndex.read(tmp_path, tuning, mmap)
    assert len(read) == len(vectors)
    assert read.dim == 16
    assert as_lists(read.search(vectors[::400], 5)) == as_lists(
        built[kind].search(vectors[::400], 5)
    )


@pytest.mark.parametrize("content", [b"", b"nonsense" * 99, "half"])
def test_a_damaged_file_is_refused(built, tmp_path, content):
    built["hnsw"].write(tmp_path)
    whole = (tmp_path / INDEX).read_bytes()
    (tmp_path / INDEX).write_bytes(whole[: len(whole) // 2] if content == "half" else content)
    with pytest.raises(DataError, match=r"is damaged .*Build the index again"):
        FaissIndex.read(tmp_path)


def test_an_index_of_distances_is_refused(tmp_path):
    """Seed 004 took distances, of which the smallest are best, for likeness."""
    index = faiss.index_factory(16, "HNSW8,Flat", faiss.METRIC_L2)
    index.add(some(50))
    faiss.write_index(index, str(tmp_path / INDEX))
    with pytest.raises(DataError, match=r"does not compare by inner product. Build the index"):
        FaissIndex.read(tmp_path)


def test_numbers_that_are_not_finite_are_refused():
    vectors = some(50)
    vectors[3, 2] = np.inf
    index = FaissIndex(faiss.IndexFlatIP(16))
    index._index.add(vectors)
    with pytest.raises(RetrievalError, match=r"not finite. Build the index again"):
        index.search(np.abs(some(1)), 60)


def test_bad_kinds_and_tunings_are_refused():
    vectors = some(100)
    with pytest.raises(ConfigError, match=r"index is 'flatt'; it is one of: flat, hnsw, ivfpq"):
        build_index(vectors, "flatt")
    with pytest.raises(ConfigError, match=r"learns its codes from 9984 documents .* there are 100"):
        build_index(vectors, "ivfpq")
    with pytest.raises(ConfigError, match=r"cannot build the index 'IVF512,Flat' of 100 vectors"):
        build_index(vectors, "IVF512,Flat")
    with pytest.raises(ConfigError, match=r"tuning is 'nprobes=3', which FAISS refuses"):
        build_index(vectors, "IVF2,Flat", tuning="nprobes=3")
    with pytest.raises(ConfigError, match="a flat index has nothing to tune"):
        build_index(vectors, "flat", tuning="nprobe=3")
    assert isinstance(build_index(vectors, "flat"), FlatIndex)


def test_a_full_disk_is_an_os_error(tmp_path):
    """FAISS raises what names a line of its source."""
    with pytest.raises(OSError, match=r"FAISS: .*could not open|FAISS: .*No such file"):
        build_index(some(100), "hnsw").write(tmp_path / "missing")


@pytest.mark.parametrize(("index", "tuning"), [("foo", ""), ("hnsw", "nprobe=3"), ("hnsw", "x")])
def test_a_refusal_shows_no_source_path_of_faiss(index, tuning):
    with pytest.raises(ConfigError, match=r"(index|tuning) is '.*could not") as caught:
        build_index(np.eye(8, dtype=np.float32), index, tuning)
    assert ".cpp" not in str(caught.value) and "faiss::" not in str(caught.value)
