import json
import math
import pickle
import time
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from retriever_contract import DOCUMENTS, WORDS

from hopgym.core import Document
from hopgym.errors import ConfigError, DataError, RetrievalError, UnknownNameError
from hopgym.retrieval.analyzer import Analyzer
from hopgym.retrieval.tfidf import TfidfRetriever

PLAIN = Analyzer(stopwords=None, stemmer=None)
TFIDF = TfidfRetriever(DOCUMENTS, analyzer=PLAIN)


def brute_force(documents, query, sublinear):
    """Cosines by the definition, in plain Python."""
    texts = {d.id: Counter(PLAIN(f"{d.title} {d.text}")) for d in documents}
    frequency = Counter(term for counts in texts.values() for term in counts)

    def vector(counts):
        tf = {t: 1 + math.log(n) if sublinear else n for t, n in counts.items() if t in frequency}
        return {t: n * (1 + math.log((1 + len(texts)) / (1 + frequency[t]))) for t, n in tf.items()}

    def length(weights):
        return math.sqrt(sum(w * w for w in weights.values()))

    asked = vector(Counter(PLAIN(query)))
    cosines = {}
    for id, counts in texts.items():
        held = vector(counts)
        product = sum(weight * held.get(term, 0) for term, weight in asked.items())
        if product:
            cosines[id] = product / length(asked) / length(held)
    return cosines


@pytest.mark.parametrize("sublinear", [False, True])
@pytest.mark.parametrize("query", ["ada", "king of the river", "song song film", "unknown vel"])
def test_scores_are_the_cosines(query, sublinear):
    expected = brute_force(DOCUMENTS, query, sublinear)
    retriever = TfidfRetriever(DOCUMENTS, sublinear=sublinear, analyzer=PLAIN)
    (row,) = retriever.search([query], k=len(DOCUMENTS))
    found = {document.id: score for document, score in row}
    assert found.keys() == expected.keys()
    for id, score in found.items():
        assert score == pytest.approx(expected[id], abs=1e-6)


def test_scores_equal_scikit_learns():
    text = pytest.importorskip("sklearn.feature_extraction.text")
    model = text.TfidfVectorizer(analyzer=PLAIN)
    ordered = sorted(DOCUMENTS, key=lambda document: document.id)
    matrix = model.fit_transform(f"{d.title}\n{d.text}" for d in ordered)
    for query in ("ada orm", "river king song song", "born in tessa town"):
        theirs = (matrix @ model.transform([query]).T).toarray().ravel()
        (row,) = TFIDF.search([query], k=100)
        ours = {document.id: score for document, score in row}
        for document, score in zip(ordered, theirs, strict=True):
            assert ours.get(document.id, 0.0) == pytest.approx(score, abs=1e-6)


def test_defect_a_short_document_does_not_win_by_its_length():
    """Seed 004 divided the overlap by the length, so that the shortest document won."""
    documents = [
        Document("a", "Ada Lovelace", "the mathematician wrote the first program for a machine"),
        Document("b", "Ada", ""),
        Document("c", "Machine", "a mathematician"),
    ]
    query = "which mathematician wrote the first program, Ada Lovelace?"
    assert TfidfRetriever(documents).search([query], k=1).ids == [["a"]]


def test_a_document_like_the_query_has_a_score_of_one():
    (row,) = TfidfRetriever([Document("a", "Ada", "wrote"), Document("b", "x", "y")]).search(
        ["ada wrote"], k=1
    )
    assert row[0][1] == pytest.approx(1, abs=1e-6)


def test_the_order_of_the_words_changes_no_digit():
    one = TFIDF.search(["ada orm river king song"], k=50)
    assert TFIDF.search(["song king river orm ada"], k=50) == one


def test_documents_without_terms_are_no_trouble():
    documents = [Document("a", "", ""), Document("b", "The", "of and"), Document("c", "Ada", "")]
    assert TfidfRetriever(documents).search(["ada", "the"], k=3).ids == [["c"], []]
    assert TfidfRetriever(documents[:2]).search(["ada", "the"], k=3).ids == [[], []]


def test_an_index_of_documents_without_terms_is_saved_and_loaded(tmp_path):
    built = TfidfRetriever([Document("a", "", ""), Document("b", "The", "of and")])
    built.save(tmp_path / "index")
    assert TfidfRetriever.load(tmp_path / "index").search(["ada", "the"], k=3).ids == [[], []]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(max_size=30), min_size=1, max_size=8), st.text(max_size=30))
def test_any_text_can_be_indexed_and_asked(texts, query):
    texts = [text.encode("utf-8", "ignore").decode() for text in texts]
    retriever = TfidfRetriever(Document(str(n), "", text) for n, text in enumerate(texts))
    (row,) = retriever.search([query], k=20)
    assert all(0 < score < 1.0001 for _, score in row)


def test_a_hostile_query_is_cut():
    start = time.process_time()
    TFIDF.search(["x" * 1_000_000, "ada\n" * 250_000], k=5)
    assert time.process_time() - start < 2


def test_bad_parameters_are_refused():
    with pytest.raises(DataError, match=r'index of 0 documents .*retriever="empty"'):
        TfidfRetriever([])
    with pytest.raises(UnknownNameError, match=r"Unknown analyzer 'standart'. Did you mean 'stan"):
        TfidfRetriever(DOCUMENTS, analyzer="standart")
    with pytest.raises(ConfigError, match="give an Analyzer or a name"):
        TfidfRetriever(DOCUMENTS, analyzer=5)


def test_the_fingerprint_names_every_setting():
    variants = [
        TfidfRetriever(DOCUMENTS),
        TfidfRetriever(DOCUMENTS[:-1]),
        TfidfRetriever(DOCUMENTS, sublinear=True),
        TFIDF,
    ]
    assert len({variant.fingerprint for variant in variants}) == len(variants)
    assert repr(TFIDF) == f"TfidfRetriever({len(DOCUMENTS)} documents, {TFIDF.fingerprint})"


# --- saving -----------------------------------------------------------------------------------


@pytest.mark.parametrize("mmap", [True, False])
@pytest.mark.parametrize("sublinear", [True, False])
def test_a_loaded_index_answers_the_same(tmp_path, mmap, sublinear):
    built = TfidfRetriever(DOCUMENTS, sublinear=sublinear, analyzer="standard")
    built.save(tmp_path / "index")
    loaded = TfidfRetriever.load(tmp_path / "index", mmap=mmap)
    asked = [*WORDS, "ada king", "", "unknown", " ".join(WORDS)]
    assert loaded.search(asked, k=7) == built.search(asked, k=7)
    assert loaded.fingerprint == built.fingerprint
    assert loaded.analyzer == built.analyzer
    assert list(loaded.documents) == list(built.documents)


def test_a_loaded_index_is_mapped_and_pickles(tmp_path):
    TFIDF.save(tmp_path / "index")
    loaded = TfidfRetriever.load(tmp_path / "index")
    for values in loaded._postings.values():
        assert isinstance(values.base, np.memmap)
        assert not values.flags.writeable
    copy = pickle.loads(pickle.dumps(loaded))
    assert copy.search(["ada king"], k=5) == TFIDF.search(["ada king"], k=5)


def saved(tmp_path):
    TFIDF.save(tmp_path / "index")
    return tmp_path / "index", next((tmp_path / "index").glob("data-*"))


def overwrite(file, content):
    """Damage a file behind the manifest's back, without a change of size."""
    size = file.stat().st_size
    file.write_bytes((content + b" " * size)[:size])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("weights.npy", b"no array"),
        ("pointers.npy", b""),
        ("vocabulary.json", b'["ada"]'),
        ("vocabulary.json", b'{"ada": 1}'),
        ("vocabulary.json", b"[1, 2]"),
        ("vocabulary.json", b"nonsense"),
    ],
)
def test_a_damaged_index_is_refused(tmp_path, name, content):
    folder, data = saved(tmp_path)
    overwrite(data / name, content)
    with pytest.raises(DataError, match=r"Build the index again|not JSON"):
        TfidfRetriever.load(folder)


def test_an_array_of_another_kind_is_refused(tmp_path):
    folder, data = saved(tmp_path)
    weights = np.load(data / "weights.npy")
    np.save(data / "weights.npy", weights.view(np.int32))
    with pytest.raises(DataError, match=r"its parts do not fit each other. Build the index again"):
        TfidfRetriever.load(folder)


def test_damage_seen_only_later_is_an_error_and_never_an_empty_row(tmp_path):
    folder, data = saved(tmp_path)
    file = data / "positions.npy"
    file.write_bytes(file.read_bytes()[:-400] + b"\x7f" * 400)
    loaded = TfidfRetriever.load(folder)
    with pytest.raises(RetrievalError, match="The tfidf index is damaged"):
        loaded.search(WORDS, k=3)


@pytest.mark.parametrize("name", ["weights", "idf"])
def test_scores_that_are_no_numbers_are_an_error_and_never_an_empty_row(tmp_path, name):
    folder, data = saved(tmp_path)
    file = data / f"{name}.npy"
    content = file.read_bytes()
    file.write_bytes(content[:128] + b"\xff" * (len(content) - 128))
    with pytest.raises(RetrievalError, match=r"not finite.*Build the index again"):
        TfidfRetriever.load(folder).search(["ada"], k=3)


@pytest.mark.parametrize("change", [{"sublinear": True}, {"corpus": "0" * 16}])
def test_changed_settings_are_refused(tmp_path, change):
    folder, _ = saved(tmp_path)
    content = json.loads((folder / "manifest.json").read_text())
    content["settings"].update(change)
    (folder / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(DataError, match="are not those that it was indexed with"):
        TfidfRetriever.load(folder)
