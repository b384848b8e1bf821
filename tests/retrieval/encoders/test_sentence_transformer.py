import logging
import pickle
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from tiny_models import bert_in, minilm_or_skip, needs_models, sentence_model_in

from hopgym.core import Document
from hopgym.errors import ConfigError, MissingExtraError
from hopgym.retrieval.encoders import Encoder, make_encoder
from hopgym.retrieval.encoders.base import passage
from hopgym.retrieval.encoders.sentence_transformer import SentenceTransformerEncoder, e5

needs_models()

TEXTS = ["ada wrote", "a", "the first program of all " * 4, "", "bob: 123", "Zoë \ud800 \0"]
DOCUMENTS = [Document(str(n), "title" * (n % 2), text) for n, text in enumerate(TEXTS)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return sentence_model_in(tmp_path_factory.mktemp("st") / "tiny")


@pytest.fixture(scope="module")
def encoder(folder):
    return SentenceTransformerEncoder(model=folder, device="cpu")


def bare(folder, **keywords):
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu", local_files_only=True, **keywords)


def test_vectors_are_the_librarys_own(folder, encoder):
    texts = [passage(document) for document in DOCUMENTS[:5]]
    expected = bare(folder).encode(texts)
    np.testing.assert_allclose(encoder.encode_documents(DOCUMENTS[:5]), expected, atol=1e-6)
    np.testing.assert_allclose(encoder.encode_queries(texts), expected, atol=1e-6)
    assert encoder.dim == expected.shape[1] == 16


def test_a_batch_equals_its_texts_alone(encoder):
    together = encoder.encode_queries(TEXTS)
    for text, vector in zip(TEXTS, together, strict=True):
        np.testing.assert_allclose(encoder.encode_queries([text])[0], vector, atol=1e-5)
    assert encoder.encode_queries([]).shape == encoder.encode_documents([]).shape == (0, 16)
    assert isinstance(encoder, Encoder)


def test_threads_get_what_one_gets(encoder):
    batches = [[TEXTS[n % 5], "x" * (n % 9)] for n in range(40)]
    alone = [encoder.encode_queries(batch) for batch in batches]
    with ThreadPoolExecutor(8) as pool:
        for one, other in zip(alone, pool.map(encoder.encode_queries, batches), strict=True):
            np.testing.assert_array_equal(one, other)


def test_settings_name_everything_that_changes_a_vector(folder, encoder, tmp_path):
    assert encoder.settings["pooling"] == "mean"
    assert encoder.settings["normalize"] is True
    assert encoder.settings["dim"] == 16
    others = [
        SentenceTransformerEncoder(model=folder, query_prefix="query: "),
        SentenceTransformerEncoder(model=folder, document_prefix="passage: "),
        SentenceTransformerEncoder(model=folder, pooling="cls"),
        SentenceTransformerEncoder(model=folder, max_tokens=5),
        SentenceTransformerEncoder(model=sentence_model_in(tmp_path / "other", seed=1)),
    ]
    assert len({encoder.fingerprint, *(other.fingerprint for other in others)}) == 6
    for other in others:
        changed = other.encode_queries(TEXTS[:3]), other.encode_documents(DOCUMENTS[:3])
        same = encoder.encode_queries(TEXTS[:3]), encoder.encode_documents(DOCUMENTS[:3])
        assert not np.allclose(np.concatenate(changed), np.concatenate(same), atol=1e-3)


def test_a_moved_model_is_the_same_and_speed_does_not_count(folder, encoder, tmp_path):
    shutil.copytree(folder, tmp_path / "moved")
    moved = SentenceTransformerEncoder(model=tmp_path / "moved", batch_size=2)
    assert moved.fingerprint == encoder.fingerprint
    assert moved.settings["model"] != encoder.settings["model"]


def test_flashrag_defect_e5_prefixes_do_not_hang_on_a_name(tmp_path):
    """FlashRAG takes E5's prefixes by the method's name: called otherwise, there are none."""
    named = sentence_model_in(tmp_path / "e5-tiny")
    with pytest.raises(ConfigError, match=r'is an E5 model.*query_prefix="query: "'):
        make_encoder(named)
    renamed = tmp_path / "my-retriever"
    shutil.copytree(named, renamed)
    for folder in (named, renamed):
        right = make_encoder(f"e5?model={folder}")
        assert right.settings["query_prefix"] == "query: "
        assert right.settings["document_prefix"] == "passage: "
        model = bare(folder)
        np.testing.assert_allclose(
            right.encode_queries(["ada wrote"]), model.encode(["query: ada wrote"]), atol=1e-6
        )
        np.testing.assert_allclose(
            right.encode_documents([Document("a", "t", "x")]),
            model.encode(["passage: t\nx"]),
            atol=1e-6,
        )
    bare_words = make_encoder(f"{renamed}?query_prefix=&document_prefix=")
    assert bare_words.fingerprint != right.fingerprint


def test_prefixes_of_the_models_own_settings_are_used(tmp_path):
    own = {"query": "query: ", "passage": "passage: "}
    folder = sentence_model_in(tmp_path / "e5", prompts=own)
    encoder = make_encoder(folder)
    model = bare(folder)
    np.testing.assert_allclose(
        encoder.encode_queries(["ada"]), model.encode_query(["ada"]), atol=1e-6
    )
    np.testing.assert_allclose(
        encoder.encode_documents([Document("a", "", "ada")]),
        model.encode(["passage: ada"]),
        atol=1e-6,
    )
    assert encoder.fingerprint != make_encoder(f"{folder}?query_prefix=").fingerprint


def test_a_default_prompt_is_not_used_unasked(tmp_path):
    import json

    folder = sentence_model_in(tmp_path / "m", prompts={"odd": "odd: "})
    file = folder / "config_sentence_transformers.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "default_prompt_name": "odd"}))
    encoder = SentenceTransformerEncoder(model=folder)
    np.testing.assert_allclose(
        encoder.encode_queries(["ada"]), bare(folder).encode(["ada"], prompt=""), atol=1e-6
    )


def test_poolings(tmp_path):
    plain = bert_in(tmp_path / "plain")
    with pytest.raises(ConfigError, match="how its token vectors become one"):
        SentenceTransformerEncoder(model=plain)
    by = {p: SentenceTransformerEncoder(model=plain, pooling=p) for p in ("mean", "cls", "max")}
    vectors = {p: encoder.encode_queries(["ada wrote"])[0] for p, encoder in by.items()}
    assert not np.allclose(vectors["mean"], vectors["cls"], atol=1e-3)
    tokens = bare(plain).encode(["ada wrote"], output_value="token_embeddings")[0].numpy()
    cls = tokens[0] / np.linalg.norm(tokens[0])
    np.testing.assert_allclose(vectors["cls"], cls, atol=1e-5)
    mean = tokens.mean(axis=0)
    np.testing.assert_allclose(vectors["mean"], mean / np.linalg.norm(mean), atol=1e-5)


def test_normalising_can_be_chosen(tmp_path):
    folder = sentence_model_in(tmp_path / "m", normalize=False)
    unit = SentenceTransformerEncoder(model=folder).encode_queries(["ada"])
    raw = SentenceTransformerEncoder(model=folder, normalize=False).encode_queries(["ada"])
    assert np.linalg.norm(unit) == pytest.approx(1, abs=1e-5)
    assert abs(np.linalg.norm(raw) - 1) > 0.01
    np.testing.assert_allclose(raw / np.linalg.norm(raw), unit, atol=1e-5)


def test_a_text_is_cut_at_a_number_of_tokens(folder):
    short = SentenceTransformerEncoder(model=folder, max_tokens=6)
    np.testing.assert_allclose(
        short.encode_queries(["abcdefgh"]), short.encode_queries(["abcdzzzz"]), atol=1e-6
    )
    short.encode_queries(["a" * 1_000_000])


def test_copies_and_specs_are_the_same_encoder(folder, encoder):
    copy = pickle.loads(pickle.dumps(encoder))
    again = make_encoder(encoder.spec)
    for other in (copy, again):
        assert other.fingerprint == encoder.fingerprint
        np.testing.assert_allclose(
            other.encode_queries(["ada"]), encoder.encode_queries(["ada"]), atol=1e-6
        )


def test_nothing_is_printed(folder, capfd, caplog):
    with caplog.at_level(logging.WARNING):
        SentenceTransformerEncoder(model=folder).encode_queries(["ada"])
    assert capfd.readouterr() == ("", "")
    assert not caplog.records


def test_a_missing_library_says_what_to_install(folder, monkeypatch):
    import sys

    encoder = SentenceTransformerEncoder(model=folder)
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(MissingExtraError, match=r'pip install "hopgym\[dense\]"'):
        encoder.encode_queries(["ada"])


def test_e5_is_mean_pooled_and_normalised(folder):
    settings = e5(model=folder).settings
    chosen = {name: settings[name] for name in ("pooling", "normalize", "max_tokens")}
    assert chosen == {"pooling": "mean", "normalize": True, "max_tokens": 512}


def test_minilm_single_and_batched():
    """The real all-MiniLM-L6-v2, from the package that carries its weights."""
    minilm_or_skip()
    encoder = make_encoder("minilm")
    texts = [
        "Who directed the film Inception?",
        "Inception",
        "Christopher Nolan is a British-American film director. " * 12,
        "How do I bake bread?",
        "a",
    ]
    together = encoder.encode_queries(texts)
    assert together.shape == (5, 384)
    for text, vector in zip(texts, together, strict=True):
        np.testing.assert_allclose(encoder.encode_queries([text])[0], vector, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    nearness = together @ together[0]
    assert nearness[1] > 0.6 > nearness[2] > nearness[3]
