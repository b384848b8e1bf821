import copy
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from retriever_contract import DOCUMENTS, QUERIES, check_contract

from hopgym.core import Document
from hopgym.errors import ConfigError, DataError, RetrievalError
from hopgym.retrieval import make_retriever
from hopgym.retrieval.base import Hits
from hopgym.retrieval.bm25 import BM25Retriever
from hopgym.retrieval.cached import FILE, CachedRetriever

BM25 = BM25Retriever(DOCUMENTS)


class Counting:
    """BM25 that remembers what it was asked."""

    def __init__(self, base=BM25, fails=()):
        self.base, self.fails, self.asked = base, fails, []
        self.fingerprint = base.fingerprint

    def search(self, queries, k):
        self.asked += queries
        if set(self.fails) & set(queries):
            raise RetrievalError("out of reach")
        return self.base.search(queries, k)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache"


@pytest.mark.parametrize("mode", ["readwrite", "record"])
def test_it_keeps_the_contract(tmp_path, mode):
    check_contract(
        lambda documents: CachedRetriever(documents, base="bm25", folder=tmp_path, mode=mode),
        tmp_path / "none",
    )


def test_what_was_asked_before_is_not_asked_again(folder):
    base = Counting()
    cached = CachedRetriever(base=base, folder=folder)
    first = cached.search(["ada", "ada", "river"], k=4)
    assert base.asked == ["ada", "river"]
    assert cached.search(["river", "film", "ada"], k=4).ids[::2] == [first.ids[2], first.ids[0]]
    assert base.asked == ["ada", "river", "film"]
    cached.search(["ada"], k=5)
    assert base.asked == ["ada", "river", "film", "ada"]
    assert first == BM25.search(["ada", "ada", "river"], k=4)


def test_record_always_asks(folder):
    base = Counting()
    cached = CachedRetriever(base=base, folder=folder, mode="record")
    cached.search(["ada"], k=4)
    cached.search(["ada"], k=4)
    assert base.asked == ["ada", "ada"]


def test_a_replay_equals_what_was_recorded_and_asks_nobody(folder):
    spec = 'hybrid?children=["bm25","tfidf"]'
    recorded = CachedRetriever(DOCUMENTS, base=spec, folder=folder, mode="record")
    expected = recorded.search(QUERIES, k=6)
    assert expected.components is not None
    alone = CachedRetriever(folder=folder, mode="replay")
    assert alone.base is None
    assert alone.search(QUERIES, k=6) == expected
    assert alone.fingerprint == recorded.fingerprint
    base = Counting(recorded.base)
    assert CachedRetriever(base=base, folder=folder, mode="replay").search(QUERIES, k=6) == expected
    assert base.asked == []


def test_another_process_replays(folder):
    CachedRetriever(DOCUMENTS, base="bm25", folder=folder).search(["ada orm"], k=3)
    code = (
        "import sys; from hopgym.retrieval import make_retriever;"
        "print(make_retriever(f'cached?mode=replay&folder={sys.argv[1]}').search(['ada orm'], 3).ids)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == str(BM25.search(["ada orm"], k=3).ids)


def test_a_replay_refuses_what_it_does_not_know_with_the_cure(folder):
    CachedRetriever(DOCUMENTS, base="bm25", folder=folder).search(["ada"], k=3)
    replay = CachedRetriever(DOCUMENTS, folder=folder, mode="replay")
    message = r"no answer of the retriever \w+ to 'new' and 1 more with k=3\. Replay asks nobody: "
    with pytest.raises(RetrievalError, match=message + 'record it first.*mode="readwrite"'):
        replay.search(["ada", "new", "other"], k=3)
    with pytest.raises(RetrievalError, match="to 'ada' with k=4"):
        replay.search(["ada"], k=4)


def test_defect_a_cache_of_another_corpus_is_refused(folder):
    """FlashRAG's cache is keyed by the query alone: another index answers with the first's hits."""
    CachedRetriever(DOCUMENTS, base="bm25", folder=folder).search(["ada"], k=3)
    others = [Document("x", "Ada", "another corpus")]
    with pytest.raises(DataError, match=r"holds answers from another corpus \(\w+\) than the one"):
        CachedRetriever(others, folder=folder, mode="replay")
    with pytest.raises(
        DataError, match=r"holds no answers of the retriever .* The corpus or a set"
    ):
        CachedRetriever(others, base="bm25", folder=folder, mode="replay")
    with pytest.raises(DataError, match="The corpus or a setting is another than was recorded"):
        CachedRetriever(DOCUMENTS, base="bm25?k1=2", folder=folder, mode="replay")
    shared = CachedRetriever(others, base="bm25", folder=folder)
    assert shared.search(["ada"], k=3).ids == [["x"]]


def test_a_folder_of_several_needs_the_base_to_be_named(folder):
    for base in ("bm25", "tfidf"):
        CachedRetriever(DOCUMENTS, base=base, folder=folder).search(["ada"], k=3)
    with pytest.raises(ConfigError, match=r"holds the answers of 2 retrievers .* Give the base"):
        CachedRetriever(DOCUMENTS, folder=folder, mode="replay")
    replay = CachedRetriever(DOCUMENTS, base="tfidf", folder=folder, mode="replay")
    assert replay.search(["ada"], k=3) == make_retriever("tfidf", DOCUMENTS).search(["ada"], k=3)


def test_a_failed_search_keeps_nothing(folder):
    base = Counting(fails=["bad"])
    cached = CachedRetriever(base=base, folder=folder)
    with pytest.raises(RetrievalError, match="out of reach"):
        cached.search(["ada", "bad"], k=3)
    base.fails = ()
    assert cached.search(["ada", "bad"], k=3) == BM25.search(["ada", "bad"], k=3)


def test_a_base_that_gives_too_few_rows_fails(folder):
    class Short(Counting):
        def search(self, queries, k):
            return Hits([[]], [[]])

    with pytest.raises(RetrievalError, match="'base' gave 1 rows for 2 queries"):
        CachedRetriever(base=Short(), folder=folder).search(["a", "b"], k=1)


def test_threads_get_what_one_gets(folder):
    cached = CachedRetriever(DOCUMENTS, base="bm25", folder=folder)
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda n: cached.search([QUERIES[n % 7]], k=5), range(42)))
    assert found == [BM25.search([QUERIES[n % 7]], k=5) for n in range(42)]


def test_it_nests_and_shows_the_documents(folder):
    made = make_retriever(f"cached?base=bm25&folder={folder}/a", DOCUMENTS)
    assert list(made.documents) == list(BM25.documents)
    outer = make_retriever(f"link_hop?base=cached%3Fbase%3Dbm25%26folder%3D{folder}/b", DOCUMENTS)
    plain = make_retriever("link_hop", DOCUMENTS)
    assert outer.search(QUERIES, k=5) == plain.search(QUERIES, k=5)
    assert copy.deepcopy(made) is made
    assert repr(made) == f"CachedRetriever({made.base!r}, '{folder}/a', mode='readwrite')"


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"mode": "write", "base": "bm25"}, "mode is 'write'; it is one of: readwrite, record, re"),
        ({}, "mode is 'readwrite', which asks: give a base"),
        ({"mode": "record"}, "mode is 'record', which asks"),
        ({"base": 5}, "5 is no retriever"),
        ({"base": "bm25", "folder": ""}, "folder is ''; give the folder"),
    ],
)
def test_bad_parameters_are_refused(folder, keywords, message):
    with pytest.raises(ConfigError, match=message):
        CachedRetriever(DOCUMENTS, **{"folder": folder, **keywords})
    assert not folder.exists()


def test_a_folder_without_answers_has_nothing_to_replay(folder):
    with pytest.raises(DataError, match="does not exist, so there is nothing to replay"):
        CachedRetriever(folder=folder, mode="replay")


def test_a_folder_of_something_else_is_refused(folder):
    folder.mkdir()
    (folder / FILE).write_text("mine")
    with pytest.raises(DataError, match="not a database"):
        CachedRetriever(DOCUMENTS, base="bm25", folder=folder)
    assert (folder / FILE).read_text() == "mine"


def test_defect_the_first_answer_is_what_the_cache_gives_later(folder):
    class Odd(Counting):
        def search(self, queries, k):
            document = Document("a", "", "x", metadata={"pair": (1, 2)})
            score = np.float32(0.1)
            return Hits([[document]] * len(queries), [[score]] * len(queries), [[{"x": score}]])

    cached = CachedRetriever(base=Odd(), folder=folder)
    first = cached.search(["q"], k=1)
    assert first == cached.search(["q"], k=1)
    assert first.documents[0][0].metadata == {"pair": [1, 2]}


def test_defect_scores_without_an_order_are_refused_each_time(folder):
    class Nan(Counting):
        def search(self, queries, k):
            return Hits([[DOCUMENTS[0]]], [[float("nan")]])

    cached = CachedRetriever(base=Nan(), folder=folder)
    for _ in range(2):
        with pytest.raises(RetrievalError, match="is nan, so its hits have no order"):
            cached.search(["q"], k=1)
