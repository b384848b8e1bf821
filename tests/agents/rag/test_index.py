import sys

import numpy as np
import pytest
import torch
from tiny_rag import DOCUMENTS, QUESTIONS, towers

from hopgym.agents.rag.index import PassageIndex
from hopgym.errors import ConfigError, DataError, MissingExtraError, RetrievalError


def vectors(count=200, dim=16, seed=0):
    return np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)


def exact(found, queries, k):
    products = queries @ found.T
    order = np.argsort(-products, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(products, order, 1), order


@pytest.fixture(params=["faiss", "numpy"])
def flat(request, monkeypatch):
    if request.param == "numpy":
        monkeypatch.setitem(sys.modules, "faiss", None)
    return PassageIndex(vectors())


def test_it_is_exact_with_faiss_and_without(flat):
    queries = vectors(9, seed=1)
    scores, places = flat.search(queries, 7)
    expected_scores, expected = exact(vectors(), queries, 7)
    np.testing.assert_array_equal(places, expected)
    np.testing.assert_allclose(scores, expected_scores, atol=1e-5)
    assert (scores.dtype, places.dtype) == (np.float32, np.int64)
    assert len(flat) == 200 and flat.search(queries[:0], 3)[1].shape == (0, 3)


def test_ties_fall_by_place(flat):
    flat.refresh(np.ones((200, 16), np.float32))
    assert flat.search(np.ones((2, 16), np.float32), 4)[1].tolist() == [[0, 1, 2, 3]] * 2


def test_the_seed_compared_by_l2_without_normalising():
    """A long vector wins by its inner product, though another lies nearer; cosines on request."""
    rows = np.array([[1, 0], [4, 4], [0, 1]], np.float32)
    query = np.array([[1, 0.1]], np.float32)
    nearest = np.linalg.norm(rows - query, axis=1).argmin()
    for kind in ("flat", "hnsw"):
        assert PassageIndex(rows, kind).search(query, 1)[1].item() == 1 != nearest
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    assert PassageIndex(units).search(query, 1)[1].item() == 0


@pytest.mark.parametrize("kind", ["flat", "ivf", "hnsw"])
def test_the_seed_took_a_missing_hit_for_the_last_document(kind):
    """FAISS writes -1 where it finds no more; here rows are full of real places, each once."""
    found = vectors(400)
    index = PassageIndex(found, kind, tuning="nprobe=1" if kind == "ivf" else "")
    scores, places = index.search(vectors(5, seed=2), 390)
    assert places.shape == (5, 390) and places.min() >= 0 and places.max() < 400
    assert all(len(set(row)) == 390 for row in places.tolist())
    assert (np.diff(scores, axis=1) <= 1e-6).all()
    few = PassageIndex(found[:3], "flat").search(vectors(2, seed=3), 10)[1]
    assert sorted(few[0].tolist()) == [0, 1, 2]


@pytest.mark.parametrize("kind", ["ivf", "hnsw"])
def test_indexes_by_name_find_nearly_the_same(kind):
    found, queries = vectors(2_000), vectors(50, seed=1)
    _, places = PassageIndex(found, kind).search(queries, 10)
    _, expected = exact(found, queries, 10)
    shared = [
        len(set(a) & set(b)) / 10 for a, b in zip(places.tolist(), expected.tolist(), strict=True)
    ]
    assert np.mean(shared) > 0.6
    again = PassageIndex(found, kind).search(queries, 10)[1]
    np.testing.assert_array_equal(places, again)


def test_a_refresh_changes_results_at_once_and_nothing_does_before():
    made, noise = towers(seed=0).eval(), torch.Generator().manual_seed(0)
    index = PassageIndex(made.encode_passages(DOCUMENTS))
    asked = made.encode_questions(QUESTIONS)
    before = index.search(asked, 3)
    with torch.no_grad():  # a step of training
        for weights in made.context.parameters():
            weights.add_(torch.randn(weights.shape, generator=noise), alpha=0.3)
    for old, now in zip(before, index.search(asked, 3), strict=True):
        np.testing.assert_array_equal(old, now)
    new = made.encode_passages(DOCUMENTS)
    for old, now in zip(before, index.search(asked, 3), strict=True):
        np.testing.assert_array_equal(old, now)
    assert index.version == 0
    index.refresh(new)
    scores, places = index.search(asked, 3)
    expected_scores, expected = exact(new, asked, 3)
    np.testing.assert_array_equal(places, expected)
    np.testing.assert_allclose(scores, expected_scores, atol=1e-3)
    assert not np.array_equal(places, before[1]) and index.version == 1


@pytest.mark.parametrize("kind", ["flat", "ivf"])
def test_the_vectors_are_a_copy(kind):
    own, query = vectors(300), vectors(1, seed=4)
    index = PassageIndex(own, kind)
    before = index.search(query, 5)[1].tolist()
    own[:] = own[::-1].copy()
    assert index.search(query, 5)[1].tolist() == before
    with pytest.raises(ValueError, match="read-only"):
        index.vectors[0] = 0


def test_a_refresh_with_the_same_vectors_changes_nothing():
    index, query = PassageIndex(vectors()), vectors(3, seed=5)
    before = index.search(query, 5)
    index.refresh(vectors())
    for old, now in zip(before, index.search(query, 5), strict=True):
        np.testing.assert_array_equal(old, now)


def test_a_failed_refresh_leaves_the_old_vectors():
    index, query = PassageIndex(vectors()), vectors(3, seed=5)
    before = index.search(query, 5)[1]
    with pytest.raises(DataError, match=r"shape \(200, 16\), and was given \(199, 16\)"):
        index.refresh(vectors(199))
    with pytest.raises(DataError, match="passage's vector is not finite"):
        index.refresh(np.full((200, 16), np.nan, np.float32))
    np.testing.assert_array_equal(index.search(query, 5)[1], before)
    assert index.version == 0


def test_refusals(monkeypatch):
    index = PassageIndex(vectors())
    with pytest.raises(ConfigError, match="k is 0; it must be a whole number from 1"):
        index.search(vectors(1), 0)
    with pytest.raises(RetrievalError, match=r"vectors of 16 numbers, .* shape \(1, 4\)"):
        index.search(vectors(1, dim=4), 2)
    with pytest.raises(RetrievalError, match="question's vector is not finite"):
        index.search(np.full((1, 16), np.inf, np.float32), 2)
    with pytest.raises(DataError, match=r"vectors of the shape \(0, 16\) was asked for"):
        PassageIndex(vectors(0))
    with pytest.raises(ConfigError, match="index is 'nothing'; it is one of: flat"):
        PassageIndex(vectors(), "nothing")
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(MissingExtraError, match="faiss"):
        PassageIndex(vectors(), "hnsw")
