import json

import numpy as np
import pytest
import torch
from tiny_models import bert_in, dpr_in, minilm_or_skip, needs_models, sentence_model_in
from tiny_rag import DOCUMENTS, QUESTIONS, generator, towers, vocabulary

from hopgym.agents.rag.making import (
    encoder_spec,
    load_generator,
    load_towers,
    make_generator,
    make_towers,
    save_generator,
    save_towers,
)
from hopgym.errors import ConfigError, DataError
from hopgym.retrieval.dense import DenseRetriever
from hopgym.retrieval.encoders import make_encoder

needs_models()


def test_they_learn_their_words_from_texts():
    made = make_towers("tiny", texts=["some words " * 5])
    assert make_generator("tiny", texts=["some words"]).text([1]) == ""
    assert made.questions(["words"]).shape == (1, 64)


@pytest.mark.parametrize("trained", [True, False])
def test_dpr_towers_are_saved_loaded_and_retrieve(tmp_path, trained):
    made = towers(
        train_context=trained, max_question_tokens=9, max_passage_tokens=20, temperature=3.0
    )
    with torch.no_grad():
        made.question.model.question_encoder.bert_model.embeddings.LayerNorm.weight.mul_(1.5)
    save_towers(made, tmp_path / "t")
    assert not list(tmp_path.rglob("*.bin")) and list(tmp_path.rglob("*.safetensors"))
    again = load_towers(tmp_path / "t")
    assert (again.temperature, again.train_context, again.kind) == (3.0, trained, "dpr")
    assert (again.question.max_tokens, again.context.max_tokens) == (9, 20)
    for name in ("encode_questions", "encode_passages"):
        texts = QUESTIONS if name == "encode_questions" else DOCUMENTS
        np.testing.assert_array_equal(getattr(again, name)(texts), getattr(made, name)(texts))
    spec = encoder_spec(tmp_path / "t")
    assert spec.startswith("dpr?")
    encoder = make_encoder(spec)
    np.testing.assert_allclose(
        encoder.encode_documents(DOCUMENTS), made.encode_passages(DOCUMENTS), atol=1e-5
    )
    hits = DenseRetriever(DOCUMENTS, encoder=spec).search(QUESTIONS[:1], k=3)
    products = made.encode_passages(DOCUMENTS) @ encoder.encode_queries(QUESTIONS[:1])[0]
    expected = [DOCUMENTS[n].id for n in np.argsort(-products)]
    assert hits.ids == [expected]


def test_sentence_transformer_towers_are_saved_loaded_and_retrieve(tmp_path):
    folder = sentence_model_in(tmp_path / "st")
    made = make_towers(folder)
    assert (made.kind, made.temperature) == ("sentence_transformer", 0.05)
    assert made.question is not made.context
    with torch.no_grad():  # the question tower alone was trained
        next(made.question.parameters()).mul_(-1)
    save_towers(made, tmp_path / "t")
    again = load_towers(tmp_path / "t")
    encoder = make_encoder(encoder_spec(tmp_path / "t"))
    for towers_or_encoder in (again, encoder):
        ask = getattr(towers_or_encoder, "encode_questions", None) or encoder.encode_queries
        np.testing.assert_allclose(ask(QUESTIONS), made.encode_questions(QUESTIONS), atol=1e-5)
    np.testing.assert_allclose(
        encoder.encode_documents(DOCUMENTS), made.encode_passages(DOCUMENTS), atol=1e-5
    )
    assert len(DenseRetriever(DOCUMENTS, encoder=encoder).search(QUESTIONS, k=2).ids) == 2


def test_kinds_and_folders(tmp_path):
    question, context = dpr_in(tmp_path / "dpr")
    made = make_towers(question, context)
    assert (made.kind, made.temperature, made.dim) == ("dpr", 1.0, 16)
    assert make_towers(bert_in(tmp_path / "bert")).kind == "dpr"


def test_the_real_encoder():
    minilm_or_skip()
    made = make_towers("minilm", train_context=False)
    assert (made.dim, made.kind) == (384, "sentence_transformer")
    vectors = made.encode_passages(DOCUMENTS)
    expected = make_encoder("minilm").encode_documents(DOCUMENTS)
    np.testing.assert_allclose(vectors, expected, atol=1e-5)
    asked = made.encode_questions(QUESTIONS)
    assert (asked @ vectors.T).argmax(1).tolist() == [0, 1]


def test_a_generator_is_saved_and_loaded(tmp_path):
    made = generator(max_input_tokens=40, max_answer_tokens=7)
    save_generator(made, tmp_path / "g")
    again = load_generator(tmp_path / "g")
    assert (again.max_input_tokens, again.max_answer_tokens) == (40, 7)
    assert (again.pad, again.end, again.start) == (0, 1, 0)
    rows = [DOCUMENTS], ["Lyon"]
    torch.testing.assert_close(
        again.token_logp(QUESTIONS[:1], *rows)[0], made.token_logp(QUESTIONS[:1], *rows)[0]
    )


def test_refusals(tmp_path):
    with pytest.raises(ConfigError, match=r"learns its words from texts: give texts="):
        make_towers("tiny")
    with pytest.raises(ConfigError, match=r"learns its words from texts: give texts="):
        make_generator("tiny")
    with pytest.raises(ConfigError, match="kind is 'other'; it is auto, dpr or sentence_transf"):
        make_towers(bert_in(tmp_path / "bert"), kind="other")
    with pytest.raises(ConfigError, match="is a model of type 'bert'; the generator is a T5"):
        make_generator(tmp_path / "bert")
    (tmp_path / "none").mkdir()
    with pytest.raises(ConfigError, match="is a model of type None"):
        make_towers(tmp_path / "none")
    for load, what in ((load_towers, "towers"), (load_generator, "generator")):
        with pytest.raises(ConfigError, match=f"holds no {what}: there is no {what}.json"):
            load(tmp_path / "none")


def test_damaged_folders(tmp_path):
    save_towers(towers(), tmp_path / "t")
    save_generator(make_generator("tiny", vocabulary=vocabulary()), tmp_path / "g")
    (tmp_path / "t" / "context" / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(DataError, match="does not hold whole towers"):
        load_towers(tmp_path / "t")
    (tmp_path / "g" / "model.safetensors").unlink()
    with pytest.raises(DataError, match="does not hold whole generator"):
        load_generator(tmp_path / "g")
    (tmp_path / "g" / "generator.json").write_text(json.dumps([1]))
    with pytest.raises(DataError, match="does not say what the generator"):
        load_generator(tmp_path / "g")


def test_what_was_used_and_loaded_is_saved_in_the_same_bytes(tmp_path):
    made = towers(max_question_tokens=9, max_passage_tokens=20)
    again = generator()

    def written(name):
        made.questions(["words " * 40])
        made.context(["words " * 40])
        again.text([1])
        again.tokenizer("words " * 40, truncation=True, max_length=7)
        save_towers(made, tmp_path / name / "t")
        save_generator(again, tmp_path / name / "g")
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        return {file.relative_to(tmp_path / name): file.read_bytes() for file in files}

    first = written("one")
    made, again = load_towers(tmp_path / "one" / "t"), load_generator(tmp_path / "one" / "g")
    assert written("two") == first
