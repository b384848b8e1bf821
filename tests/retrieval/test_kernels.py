import pickle

import numpy as np
import pytest

from hopgym.core import Document
from hopgym.errors import MissingExtraError
from hopgym.retrieval import kernels
from hopgym.retrieval.bm25 import BM25Retriever
from hopgym.seeding import rng_for

pytest.importorskip("numba")
WORDS = [f"w{n}" for n in range(60)]


def corpus(size=400):
    rng = rng_for(0, "kernels")
    return [Document(f"{n:04}", "", " ".join(rng.choice(WORDS, 12))) for n in range(size)]


QUERIES = [" ".join(rng_for(1, n).choice(WORDS, 4)) for n in range(40)] + ["", "unknown"]


@pytest.mark.parametrize("method", ["lucene", "bm25l"])
def test_the_compiled_loop_changes_not_one_bit(method):
    plain, compiled = (
        BM25Retriever(corpus(), method=method, backend=b) for b in ("numpy", "numba")
    )
    assert plain.search(QUERIES, 7) == compiled.search(QUERIES, 7)
    assert plain.fingerprint == compiled.fingerprint


def test_memory_maps_and_copies_of_an_accelerated_index_score_alike(tmp_path):
    built = BM25Retriever(corpus(), backend="numba")
    built.save(tmp_path / "index")
    mapped = BM25Retriever.load(tmp_path / "index", backend="numba")
    copied = pickle.loads(pickle.dumps(built))
    for other in (mapped, copied):
        assert other.search(QUERIES, 5).ids == built.search(QUERIES, 5).ids


def test_meanwhile_the_index_answers_as_before():
    retriever = BM25Retriever(corpus(), backend="numpy")
    before = retriever.search(QUERIES, 5)
    thread = kernels.accelerate_meanwhile(retriever._index)
    assert retriever.search(QUERIES, 5) == before
    thread.join()
    assert retriever.search(QUERIES, 5) == before
    assert "_compute_relevance_from_scores" in vars(retriever._index)


def test_large_corpora_are_accelerated_by_themselves(monkeypatch):
    monkeypatch.setattr(kernels, "COMPILED_FROM", 100)
    started = []
    monkeypatch.setattr(kernels, "accelerate_meanwhile", started.append)
    large, small = BM25Retriever(corpus(100)), BM25Retriever(corpus(99))
    assert started == [large._index] and small is not None
    monkeypatch.setattr(kernels, "has_numba", lambda: False)
    BM25Retriever(corpus(100))
    assert len(started) == 1


def test_without_numba_the_error_says_what_to_install(monkeypatch):
    def missing(module, extra):
        raise MissingExtraError(f'`{module}` is not installed. Run: pip install "hopgym[{extra}]"')

    monkeypatch.setattr(kernels, "require", missing)
    kernels._compiled_loop.cache_clear()
    with pytest.raises(MissingExtraError, match=r'pip install "hopgym\[fast\]"'):
        BM25Retriever(corpus(3), backend="numba")
    assert np.isfinite(BM25Retriever(corpus(3)).search(["w1 w2 w3"], 3).scores[0]).all()
