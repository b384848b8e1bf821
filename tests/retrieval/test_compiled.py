import numpy as np
import pytest

from hopgym.retrieval.ranking import top_k
from hopgym.seeding import rng_for

pytest.importorskip("numba")
from hopgym.retrieval.compiled import rank, rank_each

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


def test_each_query_is_ranked_as_if_alone():
    index = index_of([[1, 2, 3], [2, 4], [], [0, 1, 2, 3, 4, 5]])
    queries = [[0], [], [1, 3], [2], [3, 3, 0]]
    scores = np.zeros(SIZE, dtype=np.float32)
    starts = np.cumsum([0, *map(len, queries)])
    positions, found = np.zeros((5, 4), dtype=np.intp), np.zeros(5, dtype=np.intp)
    best = np.zeros((5, 4), dtype=np.float32)
    terms = np.array([term for query in queries for term in query])
    rank_each(*index, terms, starts, scores, positions, best, found)
    for n, query in enumerate(queries):
        count = found[n]
        row = (count, positions[n, :count].tolist(), best[n, :count].tolist())
        assert row == ranked(index, query, 4)


def test_after_damage_nothing_more_is_read():
    index, found = index_of([[1], [SIZE], [2]]), np.zeros(3, dtype=np.intp)
    rows = np.zeros((3, 2), dtype=np.intp), np.zeros((3, 2), dtype=np.float32)
    scores = np.zeros(SIZE, dtype=np.float32)
    rank_each(*index, np.arange(3), np.arange(4), scores, *rows, found)
    assert found.tolist() == [1, -1, 0]


@pytest.mark.parametrize("loop", [rank, rank.py_func], ids=["compiled", "plain"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("rows", [1, 40])
def test_a_score_that_is_not_finite_is_told(rows, bad, loop):
    """Few postings, and more than documents."""
    index = index_of([[1, 2, 3]] * rows)
    index[0][1] = bad
    assert ranked(index, list(range(rows)), 3, loop)[0] == -1
