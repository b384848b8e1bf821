import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from threading import enumerate as enumerate_threads

import numpy as np
import pytest

from hopgym.core import Document
from hopgym.errors import ConfigError, MissingExtraError, RetrievalError
from hopgym.retrieval import kernels
from hopgym.retrieval.bm25 import BM25Retriever
from hopgym.seeding import rng_for

pytest.importorskip("numba")
WORDS = [f"w{n}" for n in range(60)]


def corpus(size=400):
    rng = rng_for(0, "kernels")
    return [Document(f"{n:04}", "", " ".join(rng.choice(WORDS, 12))) for n in range(size)]


QUERIES = [" ".join(rng_for(1, n).choice(WORDS, 4)) for n in range(40)] + ["", "unknown"]


@pytest.mark.parametrize("k", [1, 3, 7, 50, 1_000])
def test_the_compiled_loop_changes_not_one_bit(k):
    plain, compiled = (BM25Retriever(corpus(), backend=b) for b in ("numpy", "numba"))
    for _ in range(2):  # and leaves nothing behind
        assert plain.search(QUERIES, k) == compiled.search(QUERIES, k)
    assert plain.fingerprint == compiled.fingerprint


def test_ties_fall_by_position_with_repeated_words_too():
    same = [Document(f"{n:02}", "", "ada orm" if n % 3 else "ada ada") for n in range(60)]
    plain, compiled = (BM25Retriever(same, backend=b) for b in ("numpy", "numba"))
    for query in ("ada", "orm ada ada", "orm orm"):
        assert plain.search([query], 25) == compiled.search([query], 25)


def test_other_methods_have_no_compiled_loop():
    with pytest.raises(ConfigError, match="'numba' ranks by method 'lucene', not 'bm25l'"):
        BM25Retriever(corpus(), method="bm25l", backend="numba")


def test_memory_maps_and_copies_of_an_accelerated_index_score_alike(tmp_path):
    built = BM25Retriever(corpus(), backend="numba")
    built.save(tmp_path / "index")
    mapped = BM25Retriever.load(tmp_path / "index", backend="numba")
    copied = pickle.loads(pickle.dumps(built))
    for other in (mapped, copied):
        assert other.search(QUERIES, 5).ids == built.search(QUERIES, 5).ids


def test_threads_have_rows_of_their_own():
    retriever = BM25Retriever(corpus(2_000), backend="numba")
    expected = retriever.search(QUERIES, 5)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: retriever.search(QUERIES, 5), range(40)))
    assert all(hits == expected for hits in found)


@pytest.mark.parametrize(("name", "value"), [("indices", 400), ("indices", -1), ("indptr", 10**6)])
def test_a_posting_that_lies_outside_is_refused(name, value):
    retriever = BM25Retriever(corpus(), backend="numba")
    before = retriever.search(QUERIES, 5)
    array = retriever._index.scores[name]
    kept = array.copy()
    array[1:] = value
    with pytest.raises(RetrievalError, match="damaged"):
        retriever.search(QUERIES, 5)
    array[:] = kept
    assert retriever.search(QUERIES, 5) == before


def test_large_corpora_are_compiled_meanwhile(monkeypatch):
    monkeypatch.setattr(kernels, "COMPILED_FROM", 100)
    release = Event()
    made = kernels.Ranker
    monkeypatch.setattr(kernels, "Ranker", lambda scores: release.wait(60) and made(scores))
    large, small = BM25Retriever(corpus(100)), BM25Retriever(corpus(99))
    before = large.search(QUERIES, 5)
    assert large._ranker is None
    release.set()
    for thread in enumerate_threads():
        if thread.name == "hopgym-compile":
            thread.join()
    assert isinstance(large._ranker, made) and small._ranker is None
    assert large.search(QUERIES, 5) == before
    monkeypatch.setattr(kernels, "has_numba", lambda: False)
    assert BM25Retriever(corpus(100))._ranker is None


def test_without_numba_the_error_says_what_to_install(monkeypatch):
    def missing(module, extra):
        raise MissingExtraError(f'`{module}` is not installed. Run: pip install "hopgym[{extra}]"')

    monkeypatch.setattr(kernels, "require", missing)
    with pytest.raises(MissingExtraError, match=r'pip install "hopgym\[fast\]"'):
        BM25Retriever(corpus(3), backend="numba")
    assert np.isfinite(BM25Retriever(corpus(3)).search(["w1 w2 w3"], 3).scores[0]).all()


CROWD = """
import os, sys
os.environ.update(NUMBA_THREADING_LAYER="workqueue", NUMBA_CACHE_DIR=sys.argv[1])
from concurrent.futures import ThreadPoolExecutor
from hopgym.core import Document
from hopgym.retrieval.bm25 import BM25Retriever
documents = [Document(str(n), "", f"ada w{n % 7} w{n % 11}") for n in range(500)]
retriever = BM25Retriever(documents, backend="numba", threads=2)
queries = [f"ada w{n}" for n in range(40)]
expected = BM25Retriever(documents, backend="numpy").search(queries, 5)
with ThreadPoolExecutor(4) as pool:
    assert all(pool.map(lambda _: retriever.search(queries, 5) == expected, range(50)))
from hopgym.retrieval.compiled import rank_each
print(sum(rank_each.stats.cache_hits.values()))
"""


@pytest.mark.slow
def test_defect_threads_abort_no_process_and_the_loop_is_compiled_once(tmp_path):
    """Threads on numba's workqueue abort bm25s; its loops are compiled anew in each process."""
    hits = []
    for _ in range(2):
        run = subprocess.run(
            [sys.executable, "-c", CROWD, str(tmp_path)], capture_output=True, text=True
        )
        assert run.returncode == 0, run.stderr
        hits.append(int(run.stdout))
    assert hits[0] == 0
    assert hits[1] > 0


FORK = """
import os, signal, sys, time
os.environ["NUMBA_CACHE_DIR"] = sys.argv[1]
from hopgym.core import Document
from hopgym.retrieval import kernels
from hopgym.retrieval.bm25 import BM25Retriever
kernels.COMPILED_FROM = 1
documents = [Document(str(n), "", f"ada w{n % 7}") for n in range(50)]
BM25Retriever(documents)
time.sleep(float(sys.argv[2]))
child = os.fork()
if child == 0:
    signal.alarm(40)
    found = BM25Retriever(documents, backend="numba").search(["w3"], 2).ids
    os._exit(0 if found == [["10", "17"]] else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no forks")
@pytest.mark.parametrize("seconds", ["0", "0.2"])
def test_defect_a_fork_meanwhile_leaves_no_lock_to_its_child(tmp_path, seconds):
    """The child waited for ever for what the compiling thread of its parent had locked."""
    command = [sys.executable, "-c", FORK, str(tmp_path), seconds]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
