import subprocess
import sys
import time
from functools import partial

import numpy as np
import pytest
from retriever_contract import DOCUMENTS, QUERIES, check_contract
from tiny_models import dpr_in, minilm_or_skip, sentence_model_in

from hopgym.core import Document
from hopgym.errors import ConfigError, DataError, RetrievalError
from hopgym.retrieval import make_retriever
from hopgym.retrieval.dense import DenseRetriever
from hopgym.retrieval.encoders import HashingEncoder, make_encoder
from hopgym.retrieval.encoders.base import passage
from hopgym.seeding import rng_for

pytest.importorskip("faiss")

KINDS = [{}, {"normalize": True}, {"index": "SQ8"}]


class Fixed(HashingEncoder):
    """Documents and queries are numbers: their own vectors of one dimension."""

    def __init__(self):
        super().__init__(dim=1, normalize=False)
        self.batches = []

    def encode_queries(self, queries):
        return np.array([[float(query)] for query in queries], dtype=np.float32)

    def encode_documents(self, documents):
        self.batches.append(len(documents))
        return self.encode_queries([document.text for document in documents])


def numbers(*values):
    return [Document(f"d{n}", "", str(value)) for n, value in enumerate(values)]


def made(count, words=8):
    """Documents of made-up words, always the same."""
    drawn = rng_for(0, "dense", count).integers(0, 3000, (count, words)).tolist()
    return [Document(f"{n:07}", f"t{n}", " ".join(map(str, row))) for n, row in enumerate(drawn)]


@pytest.mark.parametrize("options", KINDS, ids=str)
def test_it_keeps_the_contract(options, tmp_path):
    make = partial(DenseRetriever, encoder="hashing?dim=64", **options)
    check_contract(make, tmp_path, finds_only_matches=False)


def test_it_is_the_inner_product_of_the_encoders_vectors():
    encoder = HashingEncoder(dim=128)
    vectors = encoder.encode_documents(DOCUMENTS)
    hits = DenseRetriever(DOCUMENTS, encoder=encoder).search(QUERIES, k=5)
    for query, row in zip(encoder.encode_queries(QUERIES), hits, strict=True):
        products = (vectors * query).sum(axis=1)
        best = sorted(zip((-products).tolist(), (d.id for d in DOCUMENTS), strict=True))[:5]
        assert [(document.id, score) for document, score in row] == [
            (id, pytest.approx(-product)) for product, id in best
        ]


def test_defect_a_larger_product_is_nearer_not_a_smaller_distance():
    """Seed 004 took 1/(1+d) of distances between vectors of any length."""
    retriever = DenseRetriever(numbers(1, 9, 2, -5), encoder=Fixed())
    assert retriever.search(["2"], 4).rows[0] == [
        (document, score)
        for document, score in zip(
            [numbers(1, 9, 2, -5)[n] for n in (1, 2, 0, 3)], [18, 4, 2, -10], strict=True
        )
    ]
    unit = DenseRetriever(numbers(1, 9, 2, -5), encoder=Fixed(), normalize=True)
    assert unit.search(["2"], 4).ids == [["d0", "d1", "d2", "d3"]]
    assert unit.search(["2"], 4).scores == [[1, 1, 1, -1]]


def test_equal_contents_are_encoded_once_and_in_batches():
    encoder = Fixed()
    retriever = DenseRetriever(numbers(*range(10), *range(10)), encoder=encoder, batch_size=4)
    assert encoder.batches == [4, 4, 2]
    assert retriever.search(["1"], 2).ids == [["d19", "d9"]]


def test_added_documents_make_what_building_makes(tmp_path):
    encoder = HashingEncoder(dim=64)
    first, rest = DOCUMENTS[::2], DOCUMENTS[1::2]
    before = DenseRetriever(first, encoder=encoder)
    kept = before.search(QUERIES, 9)
    grown = before.add(rest)
    whole = DenseRetriever(DOCUMENTS, encoder=encoder)
    assert grown.fingerprint == whole.fingerprint
    assert grown.search(QUERIES, 30) == whole.search(QUERIES, 30)
    assert before.search(QUERIES, 9) == kept
    before.save(tmp_path / "i")
    assert DenseRetriever.load(tmp_path / "i").add(rest).fingerprint == whole.fingerprint
    with pytest.raises(DataError, match="d00"):
        before.add(first[:1])
    with pytest.raises(ConfigError, match=r"'hnsw' takes no more documents; build it again"):
        DenseRetriever(first, encoder=encoder, index="hnsw").add(rest)


def test_the_cache_saves_the_encoding(tmp_path):
    first, second = Fixed(), Fixed()
    before = DenseRetriever(numbers(3, 1, 2), encoder=first, cache=tmp_path / "vectors")
    after = DenseRetriever(numbers(2, 3), encoder=second, cache=tmp_path / "vectors")
    assert (first.batches, second.batches) == ([3], [])
    assert after.fingerprint == DenseRetriever(numbers(2, 3), encoder=Fixed()).fingerprint
    assert before.search(["1"], 1).ids == [["d0"]]
    assert after.search(["1"], 1).ids == [["d1"]]


def test_bad_options_are_refused():
    with pytest.raises(ConfigError, match="batch_size is 0; give a whole number from 1"):
        DenseRetriever(DOCUMENTS, encoder="hashing", batch_size=0)
    with pytest.raises(ConfigError, match=r"index is 'flta'; it is one of: flat, hnsw, ivfpq"):
        DenseRetriever(DOCUMENTS, encoder="hashing", index="flta")
    with pytest.raises(ConfigError, match=r"ivfpq.*9984 documents or more; there are 52"):
        make_retriever("dense?encoder=hashing&index=ivfpq", DOCUMENTS)
    with pytest.raises(DataError, match="A dense index of 0 documents"):
        DenseRetriever([], encoder="hashing")
    with pytest.raises(ConfigError, match="is no encoder"):
        DenseRetriever(DOCUMENTS, encoder=5)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_vectors_that_are_not_finite_never_get_into_an_index(bad):
    class Broken(Fixed):
        def encode_documents(self, documents):
            values = [bad if document.text == "2" else 1 for document in documents]
            return np.array(values, dtype=np.float32)[:, None]

    with pytest.raises(RetrievalError, match="not finite for text 1 of 2"):
        DenseRetriever(numbers(1, 2), encoder=Broken())


def test_an_encoder_that_fails_is_no_empty_row():
    class Down(Fixed):
        def encode_queries(self, queries):
            if "9" in queries:
                raise OSError("the card fell out")
            return super().encode_queries(queries)

    retriever = DenseRetriever(numbers(1, 2), encoder=Down())
    with pytest.raises(RetrievalError, match=r"failed on 2 queries \(OSError: the card fell out"):
        retriever.search(["1", "9"], 1)
    assert retriever.search(["1"], 1).ids == [["d1"]]


def test_real_towers_and_prefixes_reach_the_index(tmp_path):
    """DPR's question tower for queries and its context tower for passages, E5's two prefixes."""
    pytest.importorskip("sentence_transformers")
    question, context = dpr_in(tmp_path / "dpr")
    e5 = sentence_model_in(tmp_path / "e5")
    for spec in (f"dpr?question={question}&context={context}", f"e5?model={e5}"):
        encoder = make_encoder(spec)
        retriever = DenseRetriever(DOCUMENTS[:9], encoder=spec)
        ((document, score), *_) = retriever.search(["ada"], 9)[0]
        expected = encoder.encode_documents([document]) @ encoder.encode_queries(["ada"])[0]
        assert score == pytest.approx(float(expected[0]), rel=1e-4)
        swapped = encoder.encode_documents([Document("", "", "ada")])
        assert not np.allclose(swapped, encoder.encode_queries(["ada"]), atol=1e-3)
        retriever.save(tmp_path / "index")
        assert DenseRetriever.load(tmp_path / "index").fingerprint == retriever.fingerprint


TOGETHER = """
import sys, threading
for name in sys.argv[1].split(","):
    __import__(name)
import torch
from hopgym.core import Document
from hopgym.retrieval.dense import DenseRetriever
documents = [Document(str(n), "", f"text {n} of {n % 7}") for n in range(3000)]
retriever = DenseRetriever(documents, encoder="hashing")
def work():
    for n in range(4):
        a = torch.randn(400, 400); (a @ a).sum()
        retriever.search([f"text {n + m}" for m in range(30)], 5)
threads = [threading.Thread(target=work) for _ in range(4)]
[thread.start() for thread in threads]; [thread.join() for thread in threads]
print("done")
"""


@pytest.mark.slow
@pytest.mark.parametrize("order", ["faiss,torch,sklearn", "torch,faiss", "sklearn,faiss,torch"])
def test_trap_two_openmp_runtimes_live_in_one_process(order):
    """FAISS, torch and scikit-learn each bring their own: a clash hangs or aborts the process."""
    for name in order.split(","):
        pytest.importorskip(name)
    run = subprocess.run(
        [sys.executable, "-c", TOGETHER, order], capture_output=True, text=True, timeout=120
    )
    assert (run.returncode, run.stdout.strip()) == (0, "done"), run.stderr


LIGHT = """
import sys
import hopgym.retrieval
from hopgym.retrieval import encoders
heavy = {"torch", "faiss", "sentence_transformers", "transformers", "qdrant_client", "sklearn"}
print(sorted(heavy & set(sys.modules)))
from hopgym.core import Document
from hopgym.retrieval.dense import DenseRetriever
DenseRetriever([Document("a", "", "x")], encoder="hashing").search(["x"], 1)
print(sorted((heavy - {"faiss"}) & set(sys.modules)))
"""


def test_importing_retrieval_is_light_and_hashing_needs_no_torch():
    run = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True)
    assert run.stdout.split("\n")[:2] == ["[]", "[]"]


def test_missing_faiss_says_what_to_install(monkeypatch):
    from hopgym.errors import MissingExtraError

    retriever = DenseRetriever(DOCUMENTS, encoder="hashing")
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(MissingExtraError, match=r'pip install "hopgym\[dense\]"'):
        retriever.search(["ada"], 1)


MINILM = [
    Document("ada", "Ada Lovelace", "She wrote the first computer program."),
    Document("nile", "Nile", "A river in Africa that flows into the Mediterranean."),
    Document("bread", "Sourdough", "A loaf that rises by wild yeast."),
    Document("film", "Inception", "A science fiction film directed by Christopher Nolan."),
]
ASKED = ["first programmer", "longest river", "how to bake a loaf", "movies by Nolan"]


@pytest.mark.slow
def test_minilm_in_dense_and_hybrid(tmp_path):
    """The real all-MiniLM-L6-v2: single and batched within 1e-5, cached by content."""
    minilm_or_skip()
    dense = DenseRetriever(MINILM, encoder="minilm", cache=tmp_path)
    together = dense.search(ASKED, 4)
    assert [row[0] for row in together.ids] == ["ada", "nile", "bread", "film"]
    for query, ids, scores in zip(ASKED, together.ids, together.scores, strict=True):
        alone = dense.search([query], 4)
        assert alone.ids[0] == ids
        assert alone.scores[0] == pytest.approx(scores, abs=1e-5)
    singly = [DenseRetriever([document], encoder="minilm") for document in MINILM]
    for one, document in zip(singly, MINILM, strict=True):
        place = together.ids[0].index(document.id)
        assert one.search(ASKED[:1], 1).scores[0][0] == pytest.approx(
            together.scores[0][place], abs=1e-5
        )
    spec = 'hybrid?children=["bm25","dense?encoder=minilm"]'
    hybrid = make_retriever(spec, MINILM)
    assert [row[0] for row in hybrid.search(ASKED, 2).ids] == ["ada", "nile", "bread", "film"]


@pytest.mark.slow
def test_100_000_documents(tmp_path):
    """The seed promised 100K+ documents: exact, saved, mapped, and the same as brute force."""
    documents = made(100_001)
    encoder = HashingEncoder(dim=128)
    retriever = DenseRetriever(documents, encoder=encoder, cache=tmp_path / "cache")
    queries = [passage(documents[n]) for n in range(0, 100_001, 2000)]
    hits = retriever.search(queries, 10)
    assert [row[0] for row in hits.ids] == [documents[n].id for n in range(0, 100_001, 2000)]
    vectors = encoder.encode_documents(documents)
    for query, row in zip(encoder.encode_queries(queries[:5]), hits.rows[:5], strict=True):
        best = np.sort(vectors @ query)[::-1][:10]
        assert [score for _, score in row] == pytest.approx(best.tolist(), abs=1e-5)
    retriever.save(tmp_path / "index")
    start = time.perf_counter()
    loaded = DenseRetriever.load(tmp_path / "index")
    assert loaded.search(queries[:1], 10)[0] == hits[0]
    assert time.perf_counter() - start < 5
    assert loaded.search(queries, 10) == hits
