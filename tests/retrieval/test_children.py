from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from retriever_contract import DOCUMENTS

from hopgym.core import Document
from hopgym.errors import ConfigError, DataError, RetrievalError, UnknownNameError
from hopgym.retrieval import Corpus, make_retriever
from hopgym.retrieval.base import Hits
from hopgym.retrieval.bm25 import BM25Retriever
from hopgym.retrieval.children import (
    ask,
    check_restored,
    held_by,
    load_base,
    load_children,
    make_child,
    make_children,
    read_settings,
    save_base,
    save_children,
    works_here,
)
from hopgym.retrieval.controls import EmptyRetriever
from hopgym.retrieval.hybrid import HybridRetriever
from hopgym.retrieval.rerank import RerankRetriever
from hopgym.retrieval.saved import Manifest
from hopgym.retrieval.store import DOCUMENTS as STORED
from hopgym.retrieval.tfidf import TfidfRetriever

CORPUS = Corpus(DOCUMENTS)
BM25 = BM25Retriever(CORPUS)


class Odd:
    """Gives one row, whatever is asked."""

    fingerprint = "odd"

    def search(self, queries, k):
        return Hits([[]], [[]])


def test_children_by_spec_by_object_and_by_names_of_ones_own():
    made = make_children(["tfidf", "bm25?k1=1.2", BM25], CORPUS)
    assert list(made) == ["tfidf", "bm25?k1=1.2", "bm25"]
    assert made["bm25"] is BM25
    assert isinstance(made["tfidf"], TfidfRetriever)
    assert list(make_children({"mine": "bm25", "yours": BM25}, CORPUS)) == ["mine", "yours"]


@pytest.mark.parametrize(
    ("children", "message"),
    [
        ([], "There are no children; give at least one"),
        ("bm25", "children is 'bm25'; give a sequence"),
        (7, "children is 7; give a sequence"),
        (["bm25", "bm25"], "Two children are called 'bm25'. Drop one, or name them"),
        ([BM25, BM25Retriever(CORPUS, k1=2)], "Two children are called 'bm25'"),
        ([None], "None is no retriever"),
    ],
)
def test_bad_children_are_refused(children, message):
    with pytest.raises(ConfigError, match=message):
        make_children(children, CORPUS)


def test_an_unknown_child_is_refused_with_the_nearest():
    with pytest.raises(UnknownNameError, match=r"'tfdif'. Did you mean 'tfidf'"):
        make_child("tfdif", CORPUS)


def test_a_child_that_gives_too_few_rows_is_refused():
    """Rows that do not fit the queries would be dealt out to the wrong ones."""
    assert ask(Odd(), "odd", ["one"], 3) == Hits([[]], [[]])
    with pytest.raises(RetrievalError, match="'odd' gave 1 rows for 2 queries"):
        ask(Odd(), "odd", ["one", "two"], 3)
    assert ask(Odd(), "odd", [], 3) == Hits([], [])


def test_documents_of_a_child_are_those_that_it_shows():
    assert held_by(BM25) is BM25.documents
    assert held_by(EmptyRetriever()) == ()
    assert held_by(SimpleNamespace(documents=5)) == ()


def test_children_are_saved_and_loaded_by_name(tmp_path):
    children = make_children(["tfidf", BM25], CORPUS)
    save_children(tmp_path, children)
    loaded = load_children(tmp_path, list(children))
    assert {name: child.fingerprint for name, child in loaded.items()} == {
        name: child.fingerprint for name, child in children.items()
    }


def test_a_child_that_cannot_be_saved_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"'odd' \(Odd\) has no `save\(folder\)`"):
        save_children(tmp_path, {"odd": Odd()})


def test_a_base_that_hides_its_documents_gets_them_stored(tmp_path):
    for name, base in (("shows", BM25), ("hides", BM25Retriever(CORPUS))):
        if name == "hides":
            base.documents, held = (), base.documents
            base.save = lambda folder: BM25.save(folder)
        (tmp_path / name).mkdir()
        save_base(tmp_path / name, base, BM25.documents)
        assert (tmp_path / name / STORED).exists() == (name == "hides")
        loaded, documents = load_base(tmp_path / name)
        assert list(documents) == list(BM25.documents)
        assert loaded.fingerprint == BM25.fingerprint
    assert list(held) == list(BM25.documents)


@dataclass(frozen=True)
class Settings:
    depth: int


def test_settings_are_read_or_refused():
    manifest = Manifest("hybrid", "f00d", 2, {"depth": 3})
    assert read_settings(manifest, Settings, "folder") == Settings(3)
    for bad in ({}, {"depth": "three"}, {"depth": None}):
        with pytest.raises(DataError, match=r"folder: its settings are damaged \(.*depth"):
            read_settings(Manifest("hybrid", "f00d", 2, bad), Settings, "folder")


def test_a_parent_that_came_back_as_another_is_refused():
    check_restored(BM25, Manifest("bm25", BM25.fingerprint, 1, {}), "folder")
    with pytest.raises(DataError, match="folder: a part of this index was replaced: it is"):
        check_restored(BM25, Manifest("bm25", "f00d", 1, {}), "folder")


class Flawed:
    """Gives what it was told to."""

    fingerprint = "flawed"

    def __init__(self, documents, scores):
        self._documents, self._scores = documents, scores

    def search(self, queries, k):
        return Hits([self._documents] * len(queries), [self._scores] * len(queries))


@pytest.mark.parametrize(
    ("documents", "scores", "message"),
    [
        (DOCUMENTS[:1], [float("nan")], "a score that is nan"),
        (DOCUMENTS[:1], [float("inf")], "a score that is inf"),
        ([DOCUMENTS[0]] * 101, [1.0] * 101, "gave 101 hits where 100 were asked for"),
    ],
)
def test_defect_a_parent_took_any_scores_and_any_number_of_hits(documents, scores, message):
    """They passed through hybrid and rerank, and came out as a ranking."""
    flawed = Flawed(documents, scores)
    with pytest.raises(RetrievalError, match=message):
        HybridRetriever(CORPUS, children=[flawed, BM25], depth=100).search(["ada"], 3)
    with pytest.raises(RetrievalError, match=message):
        RerankRetriever(CORPUS, base=flawed, depth=100).search(["ada"], 3)


@pytest.mark.parametrize(
    ("spec", "here"),
    [
        ("bm25", True),
        ("tfidf", True),
        ("multi_source", True),
        ('hybrid?children=["bm25","tfidf"]', True),
        ("link_hop", True),
        ("fan_out?base=bm25", False),
        ("http?url=http://127.0.0.1:1", False),
        ('hybrid?children=["bm25","http?url=http://127.0.0.1:1"]', False),
    ],
)
def test_who_waits_for_nobody(spec, here):
    documents = [Document("a", "Ada", "A mathematician.")]
    assert works_here(make_retriever(spec, documents)) is here
