import gzip
import json
import logging
import math
import os
import pickle
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hopgym.core import Document
from hopgym.errors import ConfigError, DataError, RetrievalError, UnknownNameError
from hopgym.retrieval import make_retriever
from hopgym.retrieval.analyzer import Analyzer
from hopgym.retrieval.base import Retriever
from hopgym.retrieval.bm25 import MAX_QUERY_WORDS, METHODS, BM25Retriever
from hopgym.retrieval.corpus import Corpus, read_documents
from hopgym.seeding import rng_for

PLAIN = Analyzer(stopwords=None, stemmer=None)
WORDS = ["ada", "bob", "city", "river", "born", "song", "king", "x", "film", "year"]


def toy_corpus(size=60, seed=0):
    rng = rng_for(seed, "toy")
    return [
        Document(
            f"d{n:03}",
            " ".join(rng.choice(WORDS, 2)),
            " ".join(rng.choice(WORDS, int(rng.integers(0, 15)))),
        )
        for n in range(size)
    ]


TOY = toy_corpus()
TOY_BM25 = BM25Retriever(TOY, analyzer=PLAIN)
queries = st.lists(st.sampled_from([*WORDS, "unknown", "ADA,"]), max_size=8).map(" ".join)


def brute_force(documents, query, k1, b):
    """Score by Lucene's formula: Kamphuis et al. (ECIR 2020), table 1, "Lucene (accurate)"."""
    terms = {d.id: Counter(f"{d.title} {d.text}".lower().split()) for d in documents}
    mean = sum(sum(counts.values()) for counts in terms.values()) / len(documents)
    scores = {}
    for id, counts in terms.items():
        length = sum(counts.values())
        scores[id] = 0.0
        for term in query.lower().split():
            if term not in counts:
                continue
            df = sum(term in other for other in terms.values())
            idf = math.log(1 + (len(documents) - df + 0.5) / (df + 0.5))
            norm = k1 * (1 - b + b * length / mean)
            scores[id] += idf * counts[term] / (counts[term] + norm)
    return {id: score for id, score in scores.items() if score > 0}


# --- ranking ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("k1", "b"), [(0.9, 0.4), (1.5, 0.75), (0.0, 0.0), (2.0, 1.0)])
@pytest.mark.parametrize("query", ["ada", "king of the river", "song song film", "bob unknown x"])
def test_scores_equal_brute_force(query, k1, b):
    expected = brute_force(TOY, query, k1, b)
    (row,) = BM25Retriever(TOY, k1=k1, b=b, analyzer=PLAIN).search([query], k=len(TOY))
    found = {document.id: score for document, score in row}
    assert found.keys() == expected.keys()
    for id, score in found.items():
        assert score == pytest.approx(expected[id], rel=1e-5)
    ranks = [(-score, document.id) for document, score in row]
    assert ranks == sorted(ranks)


@given(st.lists(queries, max_size=6), st.integers(1, 80))
def test_a_batch_equals_its_queries_alone(batch, k):
    together = TOY_BM25.search(batch, k)
    assert len(together) == len(batch)
    for query, row in zip(batch, together, strict=True):
        assert TOY_BM25.search([query], k)[0] == row


@given(queries, st.integers(1, 20))
def test_fewer_hits_are_the_beginning_of_more(query, k):
    more = TOY_BM25.search([query], k + 5)[0]
    assert TOY_BM25.search([query], k)[0] == more[:k]


@pytest.mark.parametrize("method", METHODS)
def test_every_variant_finds_only_what_matches(method):
    rare = [Document("r1", "Rare", "ada bob"), Document("r2", "x", "rare rare")]
    retriever = BM25Retriever(TOY + rare, method=method, analyzer=PLAIN)
    (row,) = retriever.search(["rare"], k=len(TOY))
    matching = {"r1", "r2"}
    assert {document.id for document, _ in row} == matching


@pytest.mark.parametrize("method", METHODS)
def test_a_match_stays_a_match_where_it_scores_nothing(method):
    """Robertson's formula counts a word that half of the documents have as 0, ATIRE's one of all."""
    documents = [Document(id, "ada", "king" if id == "c" else "") for id in "dbca"]
    retriever = BM25Retriever([*documents, Document("e", "ada", "")], method=method)
    hits = retriever.search(["ada", "king ada", "river"], k=9)
    assert sorted(hits.ids[0]) == ["a", "b", "c", "d", "e"]
    assert hits.ids[1][0] == "c"
    assert hits.ids[2] == []
    assert retriever.search(["ada"], k=2).ids[0] == hits.ids[0][:2]


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_the_words_changes_no_digit(method):
    retriever = BM25Retriever(TOY, method=method, analyzer=PLAIN)
    assert retriever.search([" ".join(WORDS)], 60) == retriever.search([" ".join(WORDS[::-1])], 60)


def test_an_index_of_documents_without_terms_is_saved_and_loaded(tmp_path):
    built = BM25Retriever([Document("a", "", ""), Document("b", "The", "of and")])
    built.save(tmp_path / "index")
    assert BM25Retriever.load(tmp_path / "index").search(["ada", "the"], k=3).ids == [[], []]


def test_ties_fall_by_id_whatever_the_order_given():
    same = [Document(id, "Ada", "the same words") for id in ("c", "a", "d", "b")]
    other = [Document("z", "Bob", "nothing"), Document("0", "Cid", "else")]
    for documents in (same + other, other + same[::-1]):
        retriever = BM25Retriever(documents)
        assert retriever.search(["ada"], k=2).ids == [["a", "b"]]
        assert retriever.search(["ada"], k=9).ids == [["a", "b", "c", "d"]]


def test_titles_are_searched_too():
    retriever = BM25Retriever([Document("a", "Ada", "x"), Document("b", "y", "Ada Ada")])
    assert sorted(retriever.search(["ada"], k=5).ids[0]) == ["a", "b"]


def test_both_sides_are_stemmed():
    retriever = BM25Retriever([Document("a", "Director", "directing"), Document("b", "y", "z")])
    assert retriever.search(["directed directors"], k=5).ids == [["a"]]


@pytest.mark.parametrize("query", ["", "   ", "the of and", "?!", "zzz qqq", "\ud800\0", "Ω"])
def test_a_query_without_a_known_term_finds_nothing(query):
    hits = BM25Retriever(TOY).search([query, "ada"], k=3)
    assert hits.ids[0] == []
    assert hits.scores[0] == []
    assert len(hits.ids[1]) == 3


def test_no_queries_give_no_rows():
    assert len(TOY_BM25.search([], k=3)) == 0


def test_k_may_exceed_the_corpus():
    assert len(TOY_BM25.search(["ada bob city river born"], k=10_000).ids[0]) <= len(TOY)


def test_hits_carry_the_documents_themselves():
    (row,) = TOY_BM25.search(["ada"], k=1)
    assert row[0][0] in TOY
    assert type(row[0][1]) is float


def test_a_hostile_query_is_cut_at_a_number_of_words():
    rest = " ".join(["film"] * 200_000)
    long = " ".join(["ada"] * MAX_QUERY_WORDS)
    start = time.process_time()
    assert TOY_BM25.search([f"{long} {rest}"], k=5) == TOY_BM25.search([long], k=5)
    TOY_BM25.search(["x" * 1_000_000, "," * 1_000_000, "ada\n" * 250_000], k=5)
    assert time.process_time() - start < 2


def test_documents_without_terms_are_no_trouble():
    documents = [Document("a", "", ""), Document("b", "The", "of and"), Document("c", "Ada", "")]
    assert BM25Retriever(documents).search(["ada", "the"], k=3).ids == [["c"], []]
    assert BM25Retriever(documents[:2]).search(["ada", "the"], k=3).ids == [[], []]


def test_threads_get_what_one_gets():
    batches = [[" ".join(WORDS[n % 7 : n % 7 + 3]), WORDS[n % 10]] for n in range(300)]
    alone = [TOY_BM25.search(batch, k=5) for batch in batches]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda batch: TOY_BM25.search(batch, k=5), batches))
    assert together == alone


def test_nothing_is_printed(capfd, caplog, tmp_path):
    with caplog.at_level(logging.DEBUG):
        retriever = BM25Retriever(TOY)
        retriever.save(tmp_path / "index")
        BM25Retriever.load(tmp_path / "index").search(["ada", ""], k=3)
    assert capfd.readouterr() == ("", "")
    assert not caplog.records


def test_it_is_a_retriever():
    assert isinstance(TOY_BM25, Retriever)
    assert repr(TOY_BM25) == f"BM25Retriever(60 documents, {TOY_BM25.fingerprint})"


# --- fingerprints and errors ------------------------------------------------------------------


def test_the_fingerprint_names_documents_parameters_and_analyzer():
    variants = [
        BM25Retriever(TOY),
        BM25Retriever(TOY[:-1]),
        BM25Retriever(TOY, k1=1.2),
        BM25Retriever(TOY, b=0.75),
        BM25Retriever(TOY, method="atire"),
        TOY_BM25,
    ]
    assert len({variant.fingerprint for variant in variants}) == len(variants)
    assert BM25Retriever(TOY[::-1]).fingerprint == BM25Retriever(Corpus(TOY)).fingerprint


def test_no_documents_are_refused():
    with pytest.raises(DataError, match=r'0 documents .* retriever="empty"'):
        BM25Retriever([])


def test_shared_ids_are_refused():
    with pytest.raises(DataError, match="Documents 0 and 1 both have the id 'd000'"):
        BM25Retriever([TOY[0], TOY[0]])


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"k1": -1}, "k1 is -1; give a number from 0"),
        ({"k1": math.nan}, "k1 is nan"),
        ({"k1": math.inf}, "k1 is inf"),
        ({"k1": "abc"}, "k1 is 'abc'; give a number from 0, such as 0.9"),
        ({"b": 1.1}, "b is 1.1; give a number from 0 to 1, such as 0.4"),
        ({"b": None}, "b is None; give a number"),
        ({"method": "okapi"}, "method is 'okapi'; it is one of: lucene, robertson"),
    ],
)
def test_bad_parameters_are_refused(keywords, message):
    with pytest.raises(ConfigError, match=message):
        BM25Retriever(TOY, **keywords)


def test_bad_requests_are_refused():
    with pytest.raises(ConfigError, match="k is 0"):
        TOY_BM25.search(["ada"], k=0)
    with pytest.raises(ConfigError, match="search in batches"):
        TOY_BM25.search("ada", k=3)


# --- saving -----------------------------------------------------------------------------------


@pytest.mark.parametrize("mmap", [True, False])
@pytest.mark.parametrize("method", METHODS)
def test_a_loaded_index_answers_the_same(tmp_path, mmap, method):
    built = BM25Retriever(TOY, method=method, k1=1.1, analyzer=PLAIN)
    built.save(tmp_path / "index")
    loaded = BM25Retriever.load(tmp_path / "index", mmap=mmap)
    asked = [*WORDS, "ada king", "", "unknown", " ".join(WORDS)]
    assert loaded.search(asked, k=7) == built.search(asked, k=7)
    assert loaded.fingerprint == built.fingerprint
    assert loaded.analyzer == built.analyzer
    assert list(loaded.documents) == list(built.documents)


def test_a_loaded_index_is_mapped_and_pickles(tmp_path):
    TOY_BM25.save(tmp_path / "index")
    loaded = BM25Retriever.load(tmp_path / "index")
    for name in ("data", "indices", "indptr"):
        array = loaded._index.scores[name]
        assert type(array) is np.ndarray  # a plain view ...
        assert isinstance(array.base, np.memmap)  # ... of a map
        assert not array.flags.writeable
    for retriever in (TOY_BM25, loaded):
        copy = pickle.loads(pickle.dumps(retriever))
        assert copy.search(["ada king"], k=5) == TOY_BM25.search(["ada king"], k=5)


def test_a_loaded_index_can_be_saved_again(tmp_path):
    TOY_BM25.save(tmp_path / "index")
    BM25Retriever.load(tmp_path / "index").save(tmp_path / "index")
    again = BM25Retriever.load(tmp_path / "index")
    assert again.search(["ada king"], k=5) == TOY_BM25.search(["ada king"], k=5)


def test_nothing_is_pickled(tmp_path):
    TOY_BM25.save(tmp_path / "index")
    for file in (tmp_path / "index").rglob("*.*"):
        if file.suffix == ".npy":
            np.load(file, allow_pickle=False)
        elif file.is_file() and not file.name.startswith("data-"):
            assert file.suffix in (".json", ".jsonl")


def saved(tmp_path):
    TOY_BM25.save(tmp_path / "index")
    return tmp_path / "index", next((tmp_path / "index").glob("data-*"))


def overwrite(file, content):
    """Damage a file behind the manifest's back, without a change of size."""
    size = file.stat().st_size
    file.write_bytes((content + b" " * size)[:size])


def test_an_index_with_a_pickle_in_it_is_refused(tmp_path):
    folder, data = saved(tmp_path)
    array = np.array([os.getcwd], dtype=object)
    np.save(data / "data.csc.index.npy", array, allow_pickle=True)
    content = json.loads((folder / "manifest.json").read_text())
    content["sizes"]["data.csc.index.npy"] = (data / "data.csc.index.npy").stat().st_size
    (folder / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(DataError, match=r"is damaged .*Build the index again"):
        BM25Retriever.load(folder)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("data.csc.index.npy", b"no array"),
        ("vocab.index.json", b'{"ada": 0}'),
        ("vocab.index.json", b'["ada"]'),
        ("params.index.json", b'{"k1": 1, "num_docs": 3}'),
        ("params.index.json", b'{"surprise": 1}'),
        ("params.index.json", b"nonsense"),
    ],
)
def test_a_damaged_index_is_refused(tmp_path, name, content):
    folder, data = saved(tmp_path)
    overwrite(data / name, content)
    with pytest.raises(DataError, match="Build the index again"):
        BM25Retriever.load(folder)


def test_damage_seen_only_later_is_an_error_and_never_an_empty_row(tmp_path):
    folder, data = saved(tmp_path)
    file = data / "indices.csc.index.npy"
    file.write_bytes(file.read_bytes()[:-400] + b"\x7f" * 400)
    loaded = BM25Retriever.load(folder)
    with pytest.raises(RetrievalError, match="The bm25 index is damaged"):
        loaded.search(WORDS, k=3)


@pytest.mark.parametrize("backend", ["numpy", "numba"])
def test_scores_that_are_no_numbers_are_an_error_and_never_an_empty_row(tmp_path, backend):
    """NaN is above nothing: its documents were just not found."""
    if backend == "numba":
        pytest.importorskip("numba")
    folder, data = saved(tmp_path)
    file = data / "data.csc.index.npy"
    content = file.read_bytes()
    file.write_bytes(content[:128] + b"\xff" * (len(content) - 128))
    loaded = BM25Retriever.load(folder, backend=backend)
    with pytest.raises(RetrievalError, match=r"The bm25 index is damaged.*Build the index again"):
        loaded.search(list(loaded._index.vocab_dict)[:1], k=3)


def test_another_stop_list_of_the_same_name_is_refused(tmp_path):
    folder, _ = saved(tmp_path)
    content = json.loads((folder / "manifest.json").read_text())
    content["settings"]["analyzer_fingerprint"] = "0" * 16
    (folder / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(DataError, match="indexed with another version of the stop list"):
        BM25Retriever.load(folder)


SAVE_FOR_EVER = """
import sys
from hopgym.core import Document
from hopgym.retrieval.bm25 import BM25Retriever
indexes = [
    BM25Retriever([Document(f"{side}{n}", side, "words " * 20) for n in range(3000)])
    for side in ("old", "new")
]
print("ready", flush=True)
while True:
    for index in indexes:
        index.save(sys.argv[1])
        print(index.fingerprint, flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_a_killed_save_leaves_a_whole_index(tmp_path):
    folder, torn = tmp_path / "index", 0
    for delay in rng_for(0, "kill").uniform(0.0, 0.06, size=6):
        process = subprocess.Popen(
            [sys.executable, "-c", SAVE_FOR_EVER, str(folder)], stdout=subprocess.PIPE, text=True
        )
        fingerprints = {process.stdout.readline() for _ in range(3)}  # ready, and each saved once
        time.sleep(delay)
        process.kill()
        fingerprints |= set(process.communicate()[0].splitlines(keepends=True))
        loaded = BM25Retriever.load(folder)
        assert f"{loaded.fingerprint}\n" in fingerprints
        (row,) = loaded.search(["old new"], k=4000)
        assert len(row) == len(loaded.documents) == 3000
        torn += len(list(folder.glob("data-*"))) > 1
    assert torn, "no kill fell into a save: the test shows nothing"


# --- real data --------------------------------------------------------------------------------


def test_recall_on_2wikimultihopqa(shared_data):
    """The 1,000 questions of HippoRAG (arXiv 2405.14831, table 2), whose BM25 has R@5 61.9."""
    folder = shared_data / "2wikimultihopqa"
    if not (folder / "2wikimultihopqa_corpus.json.gz").exists():
        pytest.skip("no 2WikiMultiHopQA")
    retriever = BM25Retriever(read_documents(folder / "2wikimultihopqa_corpus.json.gz"))
    with gzip.open(folder / "hipporag_1000_questions.json.gz") as stream:
        asked = json.load(stream)
    hits = retriever.search([question["question"] for question in asked], k=5)
    recall = []
    for question, row in zip(asked, hits.documents, strict=True):
        gold = set(question["supporting_facts"])
        recall.append(len(gold & {document.title for document in row}) / len(gold))
    assert len(recall) == 1000
    assert np.mean(recall) >= 0.68  # measured: 0.6825


def test_the_analyzer_may_be_a_name(tmp_path):
    documents = [Document("a", "", "O'Brien's dogs"), Document("b", "", "The dog of O Brien s")]
    standard = make_retriever("bm25?analyzer=standard&k1=1.2&b=0.75", documents)
    assert standard.search(["the o'brien's DOGS", "dogs'", "the"], 5).ids == [
        ["a", "b"],
        ["a"],
        ["b"],
    ]
    standard.save(tmp_path)
    again = BM25Retriever.load(tmp_path)
    assert again.analyzer == Analyzer.of("standard")
    assert again.search(["o'brien's"], 5).ids == [["a"]]
    with pytest.raises(UnknownNameError, match="Unknown analyzer 'lucene'"):
        make_retriever("bm25?analyzer=lucene", documents)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=8), st.text(max_size=30))
def test_any_text_can_be_indexed_and_asked(texts, query):
    texts = [text.encode("utf-8", "ignore").decode() for text in texts]
    retriever = BM25Retriever(Document(str(n), "", text) for n, text in enumerate(texts))
    (row,) = retriever.search([query], k=20)
    assert all(score > 0 for _, score in row)


def test_threads_share_a_batch_and_change_nothing():
    documents = [Document(f"{n:03}", f"title {n % 7}", f"word{n % 11} text{n}") for n in range(90)]
    queries = [f"word{n % 13} title text{n}" for n in range(50)]
    one, four = (BM25Retriever(documents, threads=n) for n in (1, 4))
    assert one.search(queries, 5) == four.search(queries, 5)
    with pytest.raises(ConfigError, match="threads is 0; give a whole number from 1"):
        BM25Retriever(documents, threads=0)
    with pytest.raises(ConfigError, match="backend is 'gpu'; it is one of: auto, numpy, numba"):
        BM25Retriever(documents, backend="gpu")
