"""What every retriever keeps to, as functions of one: use it on your own.

check_contract(lambda documents: MyRetriever(documents), tmp_path)
"""

import copy
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from hopgym.core import Document
from hopgym.errors import ConfigError, DataError
from hopgym.retrieval import Corpus, Retriever
from hopgym.seeding import rng_for

WORDS = [
    "ada",
    "orm",
    "film",
    "river",
    "tessa",
    "song",
    "king",
    "directed",
    "town",
    "actor",
    "born",
    "year",
    "vel",
    "poet",
]
NAMES = ["Ada Orm", "Tessa Town", "Vel (film)", "River King", "Song Poet"]
QUERIES = [
    "ada",
    "who directed the film Vel",
    "the river king born in tessa",
    "songs of a poet",
    "ADA, orm!",
    "Ω river \ud800",
    "film " * 50,
]


def contract_corpus(size=40):
    """Small documents with shared words, titles that texts mention, copies and three sources."""
    rng = rng_for(3, "contract")
    documents = []
    for n in range(size):
        title = NAMES[n] if n < len(NAMES) else " ".join(rng.choice(WORDS, 2))
        words = [str(word) for word in rng.choice(WORDS, int(rng.integers(2, 12)))]
        text = " ".join([*words, str(rng.choice(NAMES)).partition(" (")[0]])
        source = ("General", "News", "Academy")[n % 3]
        documents.append(Document(f"d{n:02}", title, text, source, {"n": n}))
    copies = [Document(f"{d.id}-{c}", d.title, d.text, d.source) for d in documents for c in "ba"]
    return [*documents, *copies[:12]]


DOCUMENTS = contract_corpus()


def check_contract(make, tmp_path, finds_only_matches=True):
    """Run every check on the retriever that `make(documents)` returns."""
    retriever = make(DOCUMENTS)
    check_shape(retriever)
    check_batch_equals_single(retriever)
    check_ties(make)
    check_k(retriever)
    check_unknown_and_blank(retriever, finds_only_matches)
    check_bad_requests(retriever)
    check_threads(retriever)
    check_fingerprint(make)
    check_nothing_is_mutated(make)
    check_no_documents(make)
    if hasattr(retriever, "save"):
        check_saving(retriever, tmp_path)


def check_shape(retriever):
    """Rows of documents with falling scores, each document once; parts for each hit, if any."""
    assert isinstance(retriever, Retriever)
    assert isinstance(retriever.fingerprint, str)
    assert retriever.fingerprint
    hits = retriever.search(QUERIES, k=8)
    assert len(hits) == len(QUERIES)
    for row in hits:
        assert all(isinstance(doc, Document) and type(score) is float for doc, score in row)
        assert all(np.isfinite(score) for _, score in row)
        scores = [score for _, score in row]
        assert scores == sorted(scores, reverse=True)
        assert len({doc.id for doc, _ in row}) == len(row)
    if hits.components is not None:
        assert [len(row) for row in hits.components] == [len(row) for row in hits.documents]
        for row in hits.components:
            assert all(type(p) in (int, float) for parts in row for p in parts.values())
    assert len(retriever.search([], k=3)) == 0


def check_batch_equals_single(retriever):
    together = retriever.search([*QUERIES, *QUERIES[::-1]], k=6)
    for n, query in enumerate([*QUERIES, *QUERIES[::-1]]):
        alone = retriever.search([query], k=6)
        assert alone[0] == together[n]
        if together.components is not None:
            assert alone.components[0] == together.components[n]


def check_ties(make):
    """Copies tie: they fall by id, whatever the order in which the documents came."""
    orders = [DOCUMENTS, DOCUMENTS[::-1], DOCUMENTS[20:] + DOCUMENTS[:20]]
    found = [make(documents).search(QUERIES, k=30) for documents in orders]
    assert found[1:] == found[:1] * 2
    for row in found[0]:
        ranks = [(-score, document.id) for document, score in row]
        assert ranks == sorted(ranks)


def check_k(retriever):
    for query in QUERIES:
        every = retriever.search([query], k=10_000)[0]
        assert len(every) <= len(DOCUMENTS)
        more = retriever.search([query], k=9)[0]
        assert retriever.search([query], k=np.int64(4))[0] == more[:4]
        assert len(more) == min(9, len(every))


def check_unknown_and_blank(retriever, finds_only_matches):
    hits = retriever.search(["", " \n\t", "ada", "zzzz qqqq"], k=5)
    assert hits.ids[:2] == [[], []]
    assert not finds_only_matches or hits.ids[3] == []


def check_bad_requests(retriever):
    for k, message in ((0, "k is 0"), (-1, "k is -1"), (1.5, "whole number"), (True, "whole")):
        with pytest.raises(ConfigError, match=message):
            retriever.search(["ada"], k=k)
    with pytest.raises(ConfigError, match="search in batches"):
        retriever.search("ada", k=3)
    with pytest.raises(ConfigError, match="Query 1 is a int"):
        retriever.search(["ada", 5], k=3)


def check_threads(retriever):
    batches = [[QUERIES[n % 7], QUERIES[(n * 3) % 5]] for n in range(24)]
    alone = [retriever.search(batch, k=5) for batch in batches]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(lambda batch: retriever.search(batch, k=5), batches)) == alone


def check_fingerprint(make):
    """It names the content and not the order, nor the object."""
    changed = [*DOCUMENTS[:-1], Document(DOCUMENTS[-1].id, "Another", "title and text")]
    first = make(DOCUMENTS).fingerprint
    assert make(Corpus(DOCUMENTS[::-1])).fingerprint == first
    for documents in (DOCUMENTS[:-1], changed):
        other = make(documents).fingerprint
        assert other != first or first == "empty"


def check_nothing_is_mutated(make):
    """Seed 004 wrote scores into shared documents: hits changed with the next query."""
    given = copy.deepcopy(DOCUMENTS)
    retriever = make(given)
    first = retriever.search(QUERIES[:2], k=8)
    before = copy.deepcopy(first)
    retriever.search(QUERIES[2:], k=20)
    assert first == before
    assert retriever.search(QUERIES[:2], k=8) == before
    assert given == DOCUMENTS
    held = {document.id: document for document in DOCUMENTS}
    assert all(document == held[document.id] for row in first for document, _ in row)


def check_no_documents(make):
    """Refused with a message, or served without a hit; never an odd error."""
    try:
        retriever = make([])
    except DataError as error:
        assert "documents" in str(error)
    else:
        assert retriever.search(["ada"], k=3).ids == [[]]


def check_saving(retriever, tmp_path):
    """What is loaded answers the same; nothing in the folder is a pickle."""
    folder = tmp_path / "index"
    retriever.save(folder)
    retriever.save(folder)  # again, over the first
    loaded = type(retriever).load(folder)
    assert loaded.fingerprint == retriever.fingerprint
    assert loaded.search(QUERIES, k=9) == retriever.search(QUERIES, k=9)
    for file in folder.rglob("*.npy"):
        np.load(file, allow_pickle=False)
    assert not [file for file in folder.rglob("*") if file.suffix in (".pkl", ".pickle", ".pt")]
    loaded.save(folder)  # even onto what it is reading
    assert type(retriever).load(folder).search(QUERIES, k=9) == retriever.search(QUERIES, k=9)
    parts = [f for f in folder.rglob("*") if f.is_file() and f.name != "manifest.json"]
    for file in sorted(parts)[:1]:  # what finds nothing holds nothing
        file.write_bytes(file.read_bytes()[:-1])
        with pytest.raises(DataError, match="Build the index again"):
            type(retriever).load(folder)
