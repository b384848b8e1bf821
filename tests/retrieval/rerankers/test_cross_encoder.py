import pickle
import shutil
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tiny_models

from hopgym.core import Document
from hopgym.errors import ConfigError
from hopgym.retrieval import make_retriever
from hopgym.retrieval.rerank import RerankRetriever
from hopgym.retrieval.rerankers import make_reranker
from hopgym.retrieval.rerankers.cross_encoder import CrossEncoderReranker

tiny_models.needs_models()

DOCUMENTS = [
    Document(f"d{n}", f"title {n}", " ".join(f"word{m % 7}" for m in range(n * 3)))
    for n in range(12)
]
PAIRS = [(query, document) for query in ("word3 title", "a") for document in DOCUMENTS]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_models.cross_encoder_in(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def reranker(folder):
    return CrossEncoderReranker(model=folder, device="cpu")


def test_scores_are_the_models_own(reranker, folder):
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    texts = [(query, f"{document.title}\n{document.text}") for query, document in PAIRS]
    with torch.no_grad():
        expected = [
            model(**tokenizer(*pair, truncation=True, return_tensors="pt")).logits.item()
            for pair in texts
        ]
    scores = reranker.score(PAIRS)
    assert scores.shape == (len(PAIRS),)
    np.testing.assert_allclose(scores, expected, atol=1e-5)
    assert np.ptp(scores) > 0.01  # the model tells the pairs apart
    np.testing.assert_allclose(
        CrossEncoderReranker(model=folder, batch_size=1, device="cpu").score(PAIRS),
        expected,
        atol=1e-5,
    )


def test_no_pairs_have_no_scores_and_load_no_model(folder):
    fresh = CrossEncoderReranker(model=folder)
    assert fresh.score([]).shape == (0,)
    assert fresh._model._model is None


def test_more_than_the_model_reads_is_cut(folder):
    """The tokenizer alone takes minutes for two long texts: what it cuts off, it pairs."""
    start = time.process_time()
    long = Document("a", "", "word " * 5000)
    for tokens in (None, 512, 9):
        made = CrossEncoderReranker(model=folder, max_tokens=tokens, device="cpu")
        assert np.isfinite(made.score([("word " * 900, long), ("a", long)])).all()
    assert time.process_time() - start < 30


def test_what_is_cut_beforehand_is_never_read(reranker):
    words = [f"w{n} " for n in range(400)]
    whole, head = (Document("a", "t\n", "".join(words[:n])) for n in (400, 127))
    assert reranker.score([("q", whole)])[0] == pytest.approx(
        reranker.score([("q", head)])[0], 1e-5
    )


def test_hostile_text_has_a_score(reranker):
    pairs = [
        ("\ud800", Document("a", "", "\0")),
        ("", Document("b", "", "")),
        ("Ω" * 9, PAIRS[0][1]),
    ]
    assert np.isfinite(reranker.score(pairs)).all()


def test_the_fingerprint_names_the_files_and_how_much_is_read(folder, tmp_path):
    first = CrossEncoderReranker(model=folder)
    moved = shutil.copytree(folder, tmp_path / "moved")
    assert CrossEncoderReranker(model=moved, batch_size=2).fingerprint == first.fingerprint
    other = tiny_models.cross_encoder_in(tmp_path / "other", seed=1)
    prints = {
        first.fingerprint,
        CrossEncoderReranker(model=other).fingerprint,
        CrossEncoderReranker(model=folder, max_tokens=9).fingerprint,
    }
    assert len(prints) == 3
    assert repr(first) == "CrossEncoderReranker('tiny')"


def test_threads_share_a_model_and_a_copy_loads_its_own(reranker):
    with ThreadPoolExecutor(4) as pool:
        rows = list(pool.map(lambda _: reranker.score(PAIRS).tolist(), range(4)))
    assert rows == rows[:1] * 4
    assert pickle.loads(pickle.dumps(reranker)).score(PAIRS).tolist() == rows[0]


def test_what_is_no_cross_encoder_is_refused(tmp_path):
    """Loaded all the same, it would get a head with random weights."""
    plain = tiny_models.bert_in(tmp_path / "plain")
    with pytest.raises(
        ConfigError, match=r"is no cross-encoder \(its config.json names \['BertModel"
    ):
        CrossEncoderReranker(model=plain)
    three = tiny_models.cross_encoder_in(tmp_path / "three", labels=3)
    with pytest.raises(ConfigError, match="gives 3 scores for a pair; a reranker gives one"):
        CrossEncoderReranker(model=three)


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"model": "no/such/model"}, "No model folder 'no/such/model'"),
        ({"max_tokens": 0}, "max_tokens is 0; give a whole number from 1"),
        ({"batch_size": 0}, "batch_size is 0"),
    ],
)
def test_bad_parameters_are_refused(folder, keywords, message):
    with pytest.raises(ConfigError, match=message):
        CrossEncoderReranker(**{"model": folder, **keywords})


# --- as a retriever ---------------------------------------------------------------------------


def test_it_reranks_by_its_folder(folder, tmp_path):
    spec = f"rerank?base=bm25&reranker={folder}&depth=6"
    made = make_retriever(spec, DOCUMENTS)
    queries = ["word3 title", "word1", "nothing"]
    hits = made.search(queries, k=4)
    for query, row in zip(queries, hits, strict=True):
        assert made.search([query], k=4)[0] == row
    base = make_retriever("bm25", DOCUMENTS).search(queries[:1], k=6)
    ranked = make_reranker(folder).score([(queries[0], d) for d in base.documents[0]])
    expected = sorted(zip(-ranked, base.ids[0], strict=True))[:4]
    assert hits.ids[0] == [id for _, id in expected]
    made.save(tmp_path / "index")
    loaded = make_retriever(tmp_path / "index")
    assert type(loaded) is RerankRetriever
    assert loaded.search(queries, k=4) == hits


def test_copies_of_a_document_tie(folder):
    """One model gave two equal pairs of a batch scores that differ in the eighth digit."""
    copies = [Document(f"c{n}", "title", "word3 word4") for n in range(9)]
    hits = RerankRetriever(copies, reranker=folder).search(["word3"], k=9)
    assert len(set(hits.scores[0])) == 1
    assert hits.ids[0] == sorted(hits.ids[0])
