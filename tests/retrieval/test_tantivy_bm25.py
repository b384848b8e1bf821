import json
import math
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from retriever_contract import DOCUMENTS, QUERIES

from hopgym.core import Document
from hopgym.errors import (
    ConfigError,
    DataError,
    MissingExtraError,
    RetrievalError,
    UnknownNameError,
)
from hopgym.retrieval import make_retriever
from hopgym.retrieval.analyzer import Analyzer
from hopgym.retrieval.saved import MANIFEST
from hopgym.seeding import rng_for

pytest.importorskip("tantivy")

from hopgym.retrieval.tantivy_bm25 import MAX_QUERY_WORDS, TantivyRetriever

PLAIN = Analyzer(stopwords=None, stemmer=None)
ADA = Document("ada", "Ada", "A lighthouse on the river.")


def data_folders(folder):
    return [path for path in folder.iterdir() if path.is_dir()]


def brute_force(documents, query, k1=1.2, b=0.75):
    """Lucene's BM25 over exact lengths: short documents' lengths are exact in tantivy too."""
    terms = {d.id: PLAIN(f"{d.title}\n{d.text}") for d in documents}
    mean = sum(map(len, terms.values())) / len(terms)
    scores = {}
    for id, words in terms.items():
        counts, score = Counter(words), 0.0
        for term in PLAIN(query):
            found = sum(term in other for other in terms.values())
            idf = math.log(1 + (len(terms) - found + 0.5) / (found + 0.5))
            tf = counts[term]
            score += idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * len(words) / mean))
        scores[id] = score
    return {id: score for id, score in scores.items() if score > 0}


def test_scores_are_bm25():
    words = ["ada", "orm", "film", "river", "tessa", "song", "king"]
    rng = rng_for(2, "tantivy")
    documents = [
        Document(f"d{n:02}", "", " ".join(rng.choice(words, int(rng.integers(1, 12)))))
        for n in range(60)
    ]
    retriever = TantivyRetriever(documents, analyzer=PLAIN)
    for query in ("ada", "film river", "king song ada tessa"):
        expected = brute_force(documents, query)
        found = {d.id: score for d, score in retriever.search([query], 60)[0]}
        assert found == pytest.approx(expected, rel=1e-5)


def test_added_documents_are_found_after_the_commit():
    retriever = TantivyRetriever(DOCUMENTS)
    retriever.add([ADA])
    assert retriever.search(["lighthouse"], 3).ids == [[]]
    assert len(retriever) == len(DOCUMENTS)
    retriever.commit()
    assert retriever.search(["lighthouse"], 3).ids == [["ada"]]
    assert len(retriever) == len(DOCUMENTS) + 1


def test_growing_gives_what_building_of_all_gives():
    grown = TantivyRetriever(DOCUMENTS[:20])
    for start in (20, 30, 40):
        grown.add(DOCUMENTS[start : start + 10] if start < 40 else DOCUMENTS[40:])
        grown.commit()
    whole = TantivyRetriever(DOCUMENTS)
    assert grown.fingerprint == whole.fingerprint
    for found, expected in zip(grown.search(QUERIES, 9), whole.search(QUERIES, 9), strict=True):
        assert [d for d, _ in found] == [d for d, _ in expected]
        assert [s for _, s in found] == pytest.approx([s for _, s in expected], rel=1e-6)


def test_deleted_documents_are_gone_after_the_commit():
    retriever = TantivyRetriever([*DOCUMENTS, ADA])
    retriever.delete("ada")
    assert retriever.search(["lighthouse"], 3).ids == [["ada"]]
    retriever.commit()
    assert retriever.search(["lighthouse"], 3).ids == [[]]
    assert ADA not in list(retriever.documents) and len(retriever) == len(DOCUMENTS)


def test_a_document_is_replaced_in_one_commit():
    retriever = TantivyRetriever([*DOCUMENTS, ADA])
    retriever.delete(["ada"])
    retriever.add([Document("ada", "Ada", "A windmill.")])
    retriever.commit()
    assert retriever.search(["lighthouse", "windmill"], 3).ids == [[], ["ada"]]


def test_deletions_leave_no_trace_once_compacted():
    retriever = TantivyRetriever([*DOCUMENTS, ADA])
    retriever.delete(["ada"])
    retriever.commit()
    never = TantivyRetriever(DOCUMENTS)
    assert retriever.fingerprint != never.fingerprint, "its scores differ a little"
    retriever.compact()
    assert retriever.fingerprint == never.fingerprint
    assert retriever.search(QUERIES, 9) == never.search(QUERIES, 9)


def test_a_rollback_forgets():
    retriever = TantivyRetriever(DOCUMENTS)
    retriever.add([ADA])
    retriever.delete([DOCUMENTS[0].id])
    retriever.rollback()
    retriever.commit()
    assert len(retriever) == len(DOCUMENTS)
    assert retriever.fingerprint == TantivyRetriever(DOCUMENTS).fingerprint


def test_a_mistake_takes_back_all_since_the_commit():
    retriever = TantivyRetriever(DOCUMENTS)
    retriever.add([ADA])
    with pytest.raises(DataError, match=r"has a document 'd00' already.*Delete it first"):
        retriever.add([Document("d00", "", "again")])
    retriever.commit()
    assert retriever.search(["lighthouse"], 3).ids == [[]]
    retriever.add([ADA])
    with pytest.raises(UnknownNameError, match="No document has the id 'nobody'"):
        retriever.delete(["nobody"])
    retriever.commit()
    assert retriever.fingerprint == TantivyRetriever(DOCUMENTS).fingerprint


def test_two_of_the_same_id_are_refused(tmp_path):
    twice = [ADA, Document("ada", "", "again")]
    with pytest.raises(DataError, match="'ada'"):
        TantivyRetriever(twice)
    with pytest.raises(DataError, match="Two documents have the id 'ada'"):
        TantivyRetriever.create(tmp_path / "index", iter(twice))
    assert not (tmp_path / "index").exists()
    retriever = TantivyRetriever(DOCUMENTS)
    retriever.add(twice)
    with pytest.raises(DataError, match="Two documents have the id 'ada'"):
        retriever.commit()
    assert retriever.search(["lighthouse"], 3).ids == [[]]


def test_defect_a_query_is_words_and_never_syntax():
    """tantivy's parse_query reads `title:x`, quotes and operators in what a user typed."""
    retriever = TantivyRetriever([*DOCUMENTS, ADA])
    plain = retriever.search(["lighthouse river"], 5)
    for query in (
        '"lighthouse" AND river',
        "body:lighthouse +river",
        "lighthouse^2 river~",
        "(lighthouse river",
    ):
        assert "ada" in retriever.search([query], 5).ids[0]
    assert retriever.search(["lighthouse -river!"], 5) == plain


def test_long_queries_are_read_up_to_a_limit():
    retriever = TantivyRetriever([*DOCUMENTS, ADA])
    assert retriever.search(["x " * MAX_QUERY_WORDS + "lighthouse"], 3).ids == [[]]
    assert retriever.search(["x " * (MAX_QUERY_WORDS - 1) + "lighthouse"], 3).ids == [["ada"]]


def test_ties_that_cross_the_cut_fall_by_id():
    copies = [Document(f"c{n:03}", "", "river town") for n in rng_for(1, "ties").permutation(300)]
    retriever = TantivyRetriever(copies)
    assert retriever.search(["river"], 7).ids == [[f"c{n:03}" for n in range(7)]]
    assert len(retriever.search(["river"], 1000).ids[0]) == 300


def test_a_saved_index_takes_changes_where_it_lies(tmp_path):
    TantivyRetriever(DOCUMENTS).save(tmp_path / "index")
    first = TantivyRetriever.load(tmp_path / "index")
    first.add([ADA])
    first.commit()
    again = TantivyRetriever.load(tmp_path / "index")
    assert again.search(["lighthouse"], 3).ids == [["ada"]]
    assert again.fingerprint == first.fingerprint
    assert len(data_folders(tmp_path / "index")) == 1, "a commit left rubbish"


def test_a_change_by_another_process_is_noticed(tmp_path):
    TantivyRetriever(DOCUMENTS).save(tmp_path / "index")
    first, second = (TantivyRetriever.load(tmp_path / "index") for _ in range(2))
    first.add([ADA])
    second.add([Document("bob", "", "windmill")])
    first.commit()
    with pytest.raises(DataError, match="changed by another process"):
        second.commit()
    assert TantivyRetriever.load(tmp_path / "index").search(["windmill"], 1).ids == [[]]


def test_searches_under_way_are_not_disturbed_by_changes():
    retriever = TantivyRetriever(DOCUMENTS)
    stop, failures = threading.Event(), []

    def search():
        while not stop.is_set():
            found = set(retriever.search(["lighthouse"], 50).ids[0])
            whole = {f"new{n}" for n in range(len(found))}
            if found != whole:
                failures.append(found)

    with ThreadPoolExecutor(3) as pool:
        tasks = [pool.submit(search) for _ in range(3)]
        try:
            for n in range(5):
                retriever.add([Document(f"new{n}", "", "lighthouse")])
                retriever.commit()
        finally:
            stop.set()
        for task in tasks:
            task.result()
    assert not failures
    assert len(retriever.search(["lighthouse"], 50).ids[0]) == 5


def test_what_is_extended_stays_as_it_is(tmp_path):
    retriever = TantivyRetriever(DOCUMENTS)
    retriever.extend([ADA], tmp_path / "more")
    assert retriever.search(["lighthouse"], 1).ids == [[]]
    more = TantivyRetriever.load(tmp_path / "more")
    assert more.search(["lighthouse"], 1).ids == [["ada"]]
    assert more.fingerprint == TantivyRetriever([*DOCUMENTS, ADA]).fingerprint


def test_an_index_is_created_of_a_stream(tmp_path):
    made = TantivyRetriever.create(tmp_path / "index", iter(DOCUMENTS), threads=2, memory_mb=15)
    assert made.fingerprint == TantivyRetriever(DOCUMENTS).fingerprint
    assert sorted(made.documents, key=lambda d: d.id) == sorted(DOCUMENTS, key=lambda d: d.id)
    assert make_retriever(tmp_path / "index").search(QUERIES, 5) == made.search(QUERIES, 5)
    with pytest.raises(DataError, match="0 documents"):
        TantivyRetriever.create(tmp_path / "none", iter([]))
    assert not (tmp_path / "none").exists()


def test_the_analyzer_is_restored_from_the_index(tmp_path):
    TantivyRetriever([ADA], analyzer=PLAIN).save(tmp_path / "index")
    loaded = TantivyRetriever.load(tmp_path / "index")
    assert loaded.analyzer == PLAIN
    assert loaded.search(["the", "lighthouses"], 1).ids == [["ada"], []]


def test_a_foreign_folder_is_left_alone(tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("Dear Ada")
    with pytest.raises(DataError, match="Give a new folder"):
        TantivyRetriever.create(tmp_path / "letters", [ADA])
    with pytest.raises(DataError, match="Give a new folder"):
        TantivyRetriever([ADA]).save(tmp_path / "letters")
    assert [path.name for path in (tmp_path / "letters").iterdir()] == ["dear.txt"]


def test_a_damaged_index_is_refused(tmp_path):
    TantivyRetriever(DOCUMENTS).save(tmp_path / "index")
    manifest = tmp_path / "index" / MANIFEST
    good = json.loads(manifest.read_text())
    for settings in ({}, {**good["settings"], "count": 3}, {**good["settings"], "content": "zz"}):
        manifest.write_text(json.dumps({**good, "settings": settings}))
        with pytest.raises(DataError, match="Build the index again"):
            TantivyRetriever.load(tmp_path / "index")
    manifest.write_text(json.dumps(good))
    for file in (tmp_path / "index" / good["data"]).iterdir():
        content = file.read_bytes()
        file.write_bytes(b"\xff" * len(content))
    with pytest.raises(DataError, match="Build the index again"):
        TantivyRetriever.load(tmp_path / "index")


def test_an_index_damaged_while_open_is_a_failure_and_no_empty_row(tmp_path, monkeypatch):
    retriever = TantivyRetriever(DOCUMENTS)

    def fail(*_):
        raise OSError("tantivy: bad sector")

    monkeypatch.setattr("hopgym.retrieval.tantivy_index.stored", fail)
    with pytest.raises(RetrievalError, match="bad sector"):
        retriever.search(["ada"], 3)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"threads": 0}, "threads is 0"),
        ({"memory_mb": 14}, "memory_mb is 14; give a number from 15"),
        ({"memory_mb": 4001}, "memory_mb is 4001"),
        ({"analyzer": 5}, "analyzer is 5"),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        TantivyRetriever(DOCUMENTS, **options)


def test_without_the_library_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tantivy", None)
    with pytest.raises(MissingExtraError, match=r'pip install "hopgym\[tantivy\]"'):
        TantivyRetriever([ADA])


def test_it_says_what_it_is():
    retriever = TantivyRetriever([ADA])
    assert repr(retriever) == f"TantivyRetriever(1 documents, {retriever.fingerprint})"


def test_a_full_temporary_folder_says_what_to_do(monkeypatch):
    """The engine loses its writer: "a worker thread encountered an error or panicked"."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # half a compiled module breaks others
    resource = pytest.importorskip("resource")
    documents = [Document(str(n), "", f"ada word{n} " * 30) for n in range(2000)]
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, before[1]))
    try:
        with pytest.raises(DataError, match=r"could not be written to .*Make room .*TMPDIR"):
            TantivyRetriever(documents)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_change_that_cannot_be_written_is_one_clear_error(tmp_path, monkeypatch):
    with pytest.raises(DataError, match=r"could not be written .*Mend the cause"):
        (tmp_path / "file").write_text("x")
        TantivyRetriever.create(tmp_path / "file" / "index", DOCUMENTS)
    retriever = TantivyRetriever(DOCUMENTS)

    def full(*_):
        raise OSError("tantivy: no space")

    monkeypatch.setattr("hopgym.retrieval.tantivy_bm25.Draft.finish", full)
    retriever.add([Document("new", "", "lighthouse")])
    with pytest.raises(DataError, match=r"could not be written \(tantivy: no space\)"):
        retriever.commit()
    assert len(retriever) == len(DOCUMENTS) and retriever.search(["lighthouse"], 3).ids == [[]]
