import pickle

import numpy as np
import pytest
from tiny_models import bert_in, dpr_in, needs_models

from hopgym.core import Document
from hopgym.errors import ConfigError
from hopgym.retrieval.encoders import Encoder, make_encoder
from hopgym.retrieval.encoders.dpr import DprEncoder

needs_models()

DOCUMENTS = [
    Document("a", "ada", "wrote the first program"),
    Document("b", "", "no title here"),
    Document("c", "boyle", ""),
    Document("d", "long", "words and words " * 60),
]
QUESTIONS = ["who wrote a program", "x", "", "why \ud800"]


@pytest.fixture(scope="module")
def towers(tmp_path_factory):
    return dpr_in(tmp_path_factory.mktemp("dpr"))


@pytest.fixture(scope="module")
def encoder(towers):
    question, context = towers
    return DprEncoder(question=question, context=context, batch_size=2, max_tokens=64)


def test_vectors_are_those_of_the_towers(towers, encoder):
    import torch
    from transformers import AutoTokenizer, DPRContextEncoder, DPRQuestionEncoder

    question, context = towers
    tokenizer = AutoTokenizer.from_pretrained(str(question), local_files_only=True)
    tower = DPRQuestionEncoder.from_pretrained(question).eval()
    with torch.no_grad():
        expected = tower(**tokenizer(QUESTIONS[0], return_tensors="pt"))
    np.testing.assert_allclose(
        encoder.encode_queries(QUESTIONS[:1]), expected.pooler_output.numpy(), atol=1e-5
    )
    tower = DPRContextEncoder.from_pretrained(context).eval()
    pair = tokenizer("ada", "wrote the first program", return_tensors="pt")
    single = tokenizer("no title here", return_tensors="pt")
    for document, tokens in zip(DOCUMENTS, (pair, single), strict=False):
        with torch.no_grad():
            output = tower(output_hidden_states=True, **tokens)
        np.testing.assert_allclose(
            encoder.encode_documents([document])[0], output.pooler_output[0].numpy(), atol=1e-5
        )
        first_token = output.hidden_states[-1][0, 0].numpy()  # neither pooled nor normalised
        np.testing.assert_allclose(output.pooler_output[0].numpy(), first_token, atol=1e-6)


def test_a_batch_equals_its_texts_alone(encoder):
    together = encoder.encode_documents(DOCUMENTS)
    for document, vector in zip(DOCUMENTS, together, strict=True):
        np.testing.assert_allclose(encoder.encode_documents([document])[0], vector, atol=1e-5)
    together = encoder.encode_queries(QUESTIONS)
    for query, vector in zip(QUESTIONS, together, strict=True):
        np.testing.assert_allclose(encoder.encode_queries([query])[0], vector, atol=1e-5)
    assert encoder.encode_queries([]).shape == encoder.encode_documents([]).shape == (0, 16)
    assert isinstance(encoder, Encoder)


def test_the_two_sides_have_towers_of_their_own(encoder):
    (query,) = encoder.encode_queries(["ada"])
    (document,) = encoder.encode_documents([Document("a", "", "ada")])
    assert not np.allclose(query, document, atol=1e-2)


def test_settings(towers, encoder, tmp_path):
    assert encoder.settings["pooling"] == "cls"
    assert encoder.settings["normalize"] is False
    assert encoder.dim == 16
    question, context = dpr_in(tmp_path, seed=5)
    others = [
        DprEncoder(question=question, context=context, max_tokens=64),
        DprEncoder(question=towers[0], context=context, max_tokens=64),
        DprEncoder(question=towers[0], context=towers[1], max_tokens=65),
    ]
    assert len({encoder.fingerprint, *(other.fingerprint for other in others)}) == 4


def test_a_projection_changes_the_dimension(tmp_path):
    question, context = dpr_in(tmp_path, projection_dim=6)
    encoder = DprEncoder(question=question, context=context)
    assert encoder.dim == 6
    assert encoder.encode_queries(["ada"]).shape == (1, 6)


def test_copies_and_specs_are_the_same_encoder(towers, encoder):
    for other in (pickle.loads(pickle.dumps(encoder)), make_encoder(encoder.spec)):
        assert other.fingerprint == encoder.fingerprint
        np.testing.assert_array_equal(
            other.encode_queries(["ada"]), encoder.encode_queries(["ada"])
        )


def test_towers_that_are_exchanged_are_refused(towers):
    """Their weights have other names: the library would go on with random ones."""
    question, context = towers
    exchanged = DprEncoder(question=context, context=question)
    with pytest.raises(ConfigError, match=r"holds no DPRQuestionEncoder .*as question="):
        exchanged.encode_queries(["ada"])
    with pytest.raises(ConfigError, match=r"holds no DPRContextEncoder .*as context="):
        exchanged.encode_documents(DOCUMENTS)


def test_other_models_and_pairs_are_refused(towers, tmp_path):
    with pytest.raises(ConfigError, match=r"of type 'bert', not 'dpr'"):
        DprEncoder(question=bert_in(tmp_path / "bert"), context=towers[1])
    _, other = dpr_in(tmp_path / "wide", projection_dim=6)
    with pytest.raises(ConfigError, match="question encoder has 16 dimensions and the context enc"):
        DprEncoder(question=towers[0], context=other)
    with pytest.raises(ConfigError, match="max_tokens is 1"):
        DprEncoder(question=towers[0], context=towers[1], max_tokens=1)
