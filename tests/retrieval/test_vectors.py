from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hopgym.errors import DataError
from hopgym.retrieval.vectors import VECTORS, FlatIndex, ranked
from hopgym.seeding import rng_for

pytest.importorskip("faiss")


def some(count, dim=24, seed=0):
    return rng_for(seed, "vectors", count).normal(size=(count, dim)).astype(np.float32)


def brute_force(vectors, query, k):
    products = [float((vector * query).sum()) for vector in vectors]
    best = sorted(range(len(vectors)), key=lambda n: (-products[n], n))[:k]
    return best, [products[n] for n in best]


def as_lists(found):
    return [(ids.tolist(), products.tolist()) for ids, products in found]


@pytest.mark.parametrize("k", [1, 5, 17, 300])
@pytest.mark.parametrize("count", [1, 2, 16, 300])
def test_it_equals_brute_force(count, k):
    vectors, queries = some(count), some(25, seed=1)
    found = FlatIndex(vectors).search(queries, min(k, count))
    for query, (ids, products) in zip(queries, as_lists(found), strict=True):
        best, expected = brute_force(vectors, query, k)
        assert ids == best
        assert products == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("size", [1, 7, 19, 20, 64])
def test_a_batch_equals_its_queries_alone_to_the_bit(size):
    """FAISS computes batches from 20 queries in another way than smaller ones."""
    index, queries = FlatIndex(some(5000)), some(64, seed=2)
    together = as_lists(index.search(queries, 10))
    for start in range(0, 64, size):
        assert (
            as_lists(index.search(queries[start : start + size], 10))
            == together[start : start + size]
        )


small = st.integers(-2, 2).map(float)


@settings(max_examples=60, deadline=None)
@given(arrays(np.float32, (70, 3), elements=small), arrays(np.float32, 3, elements=small))
def test_ties_fall_by_position_wherever_they_are(vectors, query):
    """Small whole numbers tie all the time, at every rank and far beyond the candidates."""
    for k in (1, 4, 30):
        ((ids, products),) = as_lists(FlatIndex(vectors).search(query[None], k))
        assert (ids, products) == brute_force(vectors, query, k)


def test_many_equal_vectors_are_no_trouble():
    vectors = np.repeat(some(3), 2000, axis=0)
    (query,) = vectors[:1]
    ((ids, products),) = as_lists(FlatIndex(vectors).search(query[None], 10))
    assert ids == list(range(10))
    assert len(set(products)) == 1


def test_nearly_equal_vectors_are_ranked_by_their_exact_products():
    """Differences that vanish in the rounding of a matrix product."""
    vectors = np.ones((500, 64), dtype=np.float32)
    vectors[::7, 0] += np.float32(1e-6)
    query = some(1, 64, seed=3)
    for batch in (query, np.repeat(query, 30, axis=0)):
        ((ids, products), *_) = as_lists(FlatIndex(vectors).search(batch, 40))
        assert (ids, products) == brute_force(vectors, query[0], 40)


def test_fewer_are_the_beginning_of_more():
    index, query = FlatIndex(some(400)), some(1, seed=4)
    ((more, _),) = index.search(query, 60)
    for k in (1, 10, 59):
        assert index.search(query, k)[0][0].tolist() == more[:k].tolist()


def test_no_queries():
    assert FlatIndex(some(3)).search(np.zeros((0, 24), dtype=np.float32), 2) == []


def test_threads_get_what_one_gets():
    index, queries = FlatIndex(some(3000)), some(60, seed=5)
    alone = as_lists(index.search(queries, 5))
    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(lambda n: as_lists(index.search(queries[n : n + 1], 5))[0], range(60)))
    assert rows == alone


@pytest.mark.parametrize("mmap", [True, False])
def test_a_file_answers_the_same(tmp_path, mmap):
    built, queries = FlatIndex(some(200)), some(5, seed=6)
    built.write(tmp_path)
    read = FlatIndex.read(tmp_path, built.longest, mmap)
    assert as_lists(read.search(queries, 9)) == as_lists(built.search(queries, 9))
    base = read.vectors if isinstance(read.vectors, np.memmap) else read.vectors.base
    assert isinstance(base, np.memmap) is mmap


def object_array(file):
    np.save(file, np.array([print], dtype=object), allow_pickle=True)


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.write_bytes(b"nonsense"),
        lambda file: file.write_bytes(file.read_bytes()[:-9]),
        lambda file: file.unlink(),
        object_array,
        lambda file: np.save(file, np.zeros((3, 2))),
        lambda file: np.save(file, np.zeros(3, dtype=np.float32)),
        lambda file: np.save(file, np.zeros((3, 2), dtype=np.float32, order="F")),
    ],
)
def test_a_damaged_file_is_refused(tmp_path, damage):
    FlatIndex(some(20)).write(tmp_path)
    damage(tmp_path / VECTORS)
    with pytest.raises(DataError, match="Build the index again"):
        FlatIndex.read(tmp_path, 1.0)


def test_ranked():
    ids, products = np.array([7, 3, 5]), np.array([1, 2, 2], dtype=np.float32)
    assert ranked(ids, products, 2)[0].tolist() == [3, 5]
