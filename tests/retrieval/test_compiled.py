import numpy as np
import pytest

from hopgym.retrieval.ranking import top_k
from hopgym.seeding import rng_for

pytest.importorskip("numba")
from hopgym.retrieval.compiled import rank

SIZE = 50


def index_of(rows):
    """Postings of some terms, as bm25s holds them."""
    pointers = np.cumsum([0, *map(len, rows)])
    indices = np.array([document for row in rows for document in row], dtype=np.int32)
    data = np.round(rng_for(0, len(rows)).random(len(indices)) * 4).astype(np.float32) + 1
    return data, pointers, indices


def ranked(index, terms, k, loop=rank):
    scores = np.zeros(SIZE, dtype=np.float32)
    positions, best = np.zeros(k, dtype=np.intp), np.zeros(k, dtype=np.float32)
    found = loop(*index, np.array(terms, dtype=np.int64), scores, positions, best)
    assert found < 0 or not scores.any()
    return found, positions[:found].tolist(), best[:found].tolist()


@pytest.mark.parametrize("loop", [rank, rank.py_func], ids=["compiled", "plain"])
@pytest.mark.parametrize("rows", [3, 40])
@pytest.mark.parametrize("k", [1, 4, 50])
def test_it_ranks_as_top_k_does(rows, k, loop):
    """Few postings, and more than documents; whole scores, so that many tie."""
    rng = rng_for(1, rows, k)
    index = index_of([sorted(rng.choice(SIZE, 6, replace=False)) for _ in range(rows)])
    terms = [*range(rows), 0, 0]
    scores = np.zeros(SIZE, dtype=np.float32)
    for term in terms:
        begin, end = index[1][term : term + 2]
        np.add.at(scores, index[2][begin:end], index[0][begin:end])
    expected = top_k(scores, k)
    found = ranked(index, terms, k, loop)
    assert found == (len(expected), expected.tolist(), scores[expected].tolist())


def test_no_terms_find_nothing():
    assert ranked(index_of([[1, 2]]), [], 3) == (0, [], [])


@pytest.mark.parametrize("bad", [SIZE, -1])
def test_a_document_that_is_not_there_is_told(bad):
    assert ranked(index_of([[1, bad]]), [0], 3)[0] == -1


def test_a_term_that_points_out_of_the_postings_is_told():
    data, _, indices = index_of([[1, 2]])
    assert ranked((data, np.array([0, 3]), indices), [0], 3)[0] == -1
    assert ranked((data, np.array([-1, 2]), indices), [0], 3)[0] == -1
