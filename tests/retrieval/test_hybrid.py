import json
import shutil

import pytest
from retriever_contract import DOCUMENTS, QUERIES

from hopgym.core import Document
from hopgym.errors import ConfigError, DataError, RetrievalError, UnknownNameError
from hopgym.retrieval import make_retriever
from hopgym.retrieval.base import Hits
from hopgym.retrieval.bm25 import BM25Retriever
from hopgym.retrieval.fusion import fuse
from hopgym.retrieval.hybrid import HybridRetriever
from hopgym.retrieval.tfidf import TfidfRetriever

BOTH = ("bm25", "tfidf")
HYBRID = HybridRetriever(DOCUMENTS, children=BOTH)


class Fixed:
    """Finds what it was told to, whatever is asked."""

    def __init__(self, name, *row):
        self.fingerprint = name
        self.row = row

    def search(self, queries, k):
        documents = [document for document, _ in self.row][:k]
        scores = [score for _, score in self.row][:k]
        return Hits([documents] * len(queries), [scores] * len(queries))


A, B, C = (Document(id, id.upper(), "") for id in "abc")


@pytest.mark.parametrize("fusion", ["minmax", "zscore", "rrf", "raw"])
def test_a_row_is_the_fusion_of_the_childrens(fusion):
    hybrid = HybridRetriever(DOCUMENTS, children=BOTH, fusion=fusion, weights=[2, 1], depth=20)
    children = {"bm25": BM25Retriever(DOCUMENTS), "tfidf": TfidfRetriever(DOCUMENTS)}
    found = {name: child.search(QUERIES, k=20) for name, child in children.items()}
    hits = hybrid.search(QUERIES, k=7)
    for n in range(len(QUERIES)):
        rankings = {name: [(d.id, s) for d, s in hits[n]] for name, hits in found.items()}
        expected = fuse(rankings, fusion, {"bm25": 2 / 3, "tfidf": 1 / 3})[:7]
        assert hits.ids[n] == [one.id for one in expected]
        assert hits.scores[n] == [one.score for one in expected]


def test_each_hit_keeps_what_each_child_gave_it():
    hybrid = HybridRetriever(
        [], children={"x": Fixed("x", (A, 9.0), (B, 1.0)), "y": Fixed("y", (B, 0.5), (C, 0.1))}
    )
    hits = hybrid.search(["anything"], k=3)
    assert hits.ids == [["a", "b", "c"]]
    assert hits.components == [[{"x": 9.0}, {"x": 1.0, "y": 0.5}, {"y": 0.1}]]
    assert hits.scores == [[0.5, 0.5, 0.0]]


def test_defect_raw_scores_are_not_added():
    """Seed 004's hybrid added BM25's tens to distances below 1, so that BM25 decided alone."""
    bm25 = Fixed("bm25", (A, 31.0), (B, 30.0), (C, 10.0))
    dense = Fixed("dense", (B, 0.9), (C, 0.3), (A, 0.2))
    hybrid = HybridRetriever([], children={"bm25": bm25, "dense": dense})
    assert hybrid.search(["x"], k=3).ids == [["b", "a", "c"]]


def test_one_child_alone_ranks_as_it_does():
    alone = HybridRetriever(DOCUMENTS, children=["bm25"])
    assert alone.search(QUERIES, k=9).ids == BM25Retriever(DOCUMENTS).search(QUERIES, k=9).ids


def test_three_children_and_children_of_children():
    inner = HybridRetriever(DOCUMENTS, children=BOTH)
    outer = HybridRetriever(DOCUMENTS, children=["bm25?k1=2", inner, "random"])
    hits = outer.search(["ada orm"], k=5)
    assert set(hits.components[0][0]) <= {"bm25?k1=2", "hybrid", "random"}
    assert len(hits.ids[0]) == 5


def test_it_looks_as_deep_as_is_asked_for():
    shallow = HybridRetriever(DOCUMENTS, children=BOTH, depth=2)
    assert len(shallow.search(["ada"], k=2).ids[0]) == 2
    assert len(shallow.search(["ada"], k=30).ids[0]) > 4


def test_options_stand_in_the_name():
    spec = 'hybrid?children=["bm25","tfidf"]&fusion=rrf&weights=[1,3]'
    made = make_retriever(spec, DOCUMENTS)
    same = HybridRetriever(DOCUMENTS, children=BOTH, fusion="rrf", weights=[1, 3])
    assert made.fingerprint == same.fingerprint
    assert made.search(QUERIES, k=4) == same.search(QUERIES, k=4)


def test_the_fingerprint_names_every_setting():
    variants = [
        HYBRID,
        HybridRetriever(DOCUMENTS[1:], children=BOTH),
        HybridRetriever(DOCUMENTS, children=["bm25"]),
        HybridRetriever(DOCUMENTS, children=["bm25?k1=2", "tfidf"]),
        HybridRetriever(DOCUMENTS, children=BOTH, fusion="rrf"),
        HybridRetriever(DOCUMENTS, children=BOTH, weights=[1, 2]),
        HybridRetriever(DOCUMENTS, children=BOTH, depth=7),
    ]
    assert len({variant.fingerprint for variant in variants}) == len(variants)
    swapped = HybridRetriever(DOCUMENTS, children=BOTH[::-1])
    assert swapped.fingerprint == HYBRID.fingerprint
    assert swapped.search(QUERIES, k=9) == HYBRID.search(QUERIES, k=9)
    assert repr(HYBRID) == f"HybridRetriever(bm25, tfidf; minmax, {HYBRID.fingerprint})"


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"children": []}, ConfigError, "There are no children"),
        ({"children": ["bm25", "bm52"]}, UnknownNameError, "Did you mean 'bm25'"),
        ({"fusion": "rff"}, UnknownNameError, "Unknown fusion 'rff'. Did you mean 'rrf'"),
        ({"weights": [1, 2, 3]}, ConfigError, "give 2 numbers, for: bm25, tfidf"),
        ({"weights": {"bm25": 1}}, ConfigError, "give one for each of: bm25, tfidf"),
        ({"depth": 0}, ConfigError, "depth is 0; give a whole number from 1"),
        ({"depth": 2.5}, ConfigError, r"depth is 2\.5; give a whole number"),
    ],
)
def test_bad_parameters_are_refused(keywords, error, message):
    with pytest.raises(error, match=message):
        HybridRetriever(DOCUMENTS, **{"children": BOTH, **keywords})


def test_a_child_that_fails_fails_the_search():
    class Broken(Fixed):
        def search(self, queries, k):
            raise RetrievalError("out of reach")

    hybrid = HybridRetriever(DOCUMENTS, children={"bm25": "bm25", "broken": Broken("broken")})
    with pytest.raises(RetrievalError, match="out of reach"):
        hybrid.search(["ada"], k=3)


def test_children_over_other_documents_are_found_out():
    other = Fixed("y", (Document("a", "Another", "under the same id"), 1.0))
    hybrid = HybridRetriever([], children={"x": Fixed("x", (A, 1.0)), "y": other})
    with pytest.raises(
        RetrievalError, match=r"'y' holds another document .* id 'a'\. Documents that"
    ):
        hybrid.search(["x"], k=3)


# --- saving -----------------------------------------------------------------------------------


def test_a_saved_hybrid_opens_by_its_folder(tmp_path):
    inner = HybridRetriever(DOCUMENTS, children=BOTH, fusion="zscore", weights=[1, 2], depth=9)
    outer = HybridRetriever(DOCUMENTS, children={"both": inner, "again": "bm25"})
    outer.save(tmp_path / "index")
    loaded = make_retriever(tmp_path / "index")
    assert type(loaded) is HybridRetriever
    assert loaded.fingerprint == outer.fingerprint
    assert loaded.search(QUERIES, k=9) == outer.search(QUERIES, k=9)
    assert list(loaded.documents) == list(outer.documents)


def test_a_saved_hybrid_can_be_moved(tmp_path):
    HYBRID.save(tmp_path / "here")
    shutil.move(tmp_path / "here", tmp_path / "there")
    assert make_retriever(tmp_path / "there").fingerprint == HYBRID.fingerprint


def test_a_child_without_save_leaves_the_old_index(tmp_path):
    HYBRID.save(tmp_path / "index")
    hybrid = HybridRetriever(DOCUMENTS, children=["bm25", Fixed("x", (A, 1.0))])
    with pytest.raises(ConfigError, match=r"'fixed' \(Fixed\) has no `save"):
        hybrid.save(tmp_path / "index")
    assert make_retriever(tmp_path / "index").fingerprint == HYBRID.fingerprint


def test_a_part_that_is_missing_is_refused(tmp_path):
    HYBRID.save(tmp_path / "index")
    shutil.rmtree(next((tmp_path / "index").glob("data-*/child-1")))
    with pytest.raises(DataError, match=r"child-1/.*: is missing. Build the index again"):
        HybridRetriever.load(tmp_path / "index")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fusion": "zscore"}, "a part of this index was replaced"),
        ({"depth": "deep"}, "its settings are damaged"),
        ({"weights": {}}, "its settings are damaged"),
        ({"fusion": "best"}, "its settings are damaged"),
        ({"children": ["bm25", "tfidf", "more"]}, "its settings are damaged"),
    ],
)
def test_changed_settings_are_refused(tmp_path, change, message):
    HYBRID.save(tmp_path / "index")
    file = tmp_path / "index" / "manifest.json"
    content = json.loads(file.read_text())
    content["settings"].update(change)
    file.write_text(json.dumps(content))
    with pytest.raises(DataError, match=message):
        HybridRetriever.load(tmp_path / "index")


def test_a_replaced_child_is_found_out(tmp_path):
    HYBRID.save(tmp_path / "index")
    child = next((tmp_path / "index").glob("data-*/child-0"))
    other = tmp_path / "other"
    BM25Retriever(DOCUMENTS, k1=2.0).save(other)
    shutil.rmtree(child)
    shutil.copytree(other, child)
    with pytest.raises(DataError, match=r"is missing|was replaced"):
        HybridRetriever.load(tmp_path / "index")
