import numpy as np
import pytest
import torch
from tiny_models import bert_in, dpr_in, needs_models, sentence_model_in

from hopgym.agents.rag.sides import load_dpr, load_sentence
from hopgym.core import Document
from hopgym.errors import ConfigError
from hopgym.retrieval.encoders.dpr import DprEncoder
from hopgym.retrieval.encoders.sentence_transformer import SentenceTransformerEncoder

needs_models()

DOCUMENTS = [
    Document("a", "ada", "wrote the first program"),
    Document("b", "", "no title here"),
    Document("c", "long", "words and words " * 60),
]
TEXTS = [("ada", "wrote the first program"), "no title here", ("long", "words and words " * 60)]
QUESTIONS = ["who wrote a program", "", "why \ud800"]


def test_dpr_sides_give_what_retrievals_encoder_gives(tmp_path):
    question, context = dpr_in(tmp_path)
    encoder = DprEncoder(question=question, context=context, max_tokens=64)
    one, other = load_dpr(question, "question", 64).eval(), load_dpr(context, "context", 64).eval()
    np.testing.assert_allclose(
        one(QUESTIONS).detach().numpy(), encoder.encode_queries(QUESTIONS), atol=1e-5
    )
    np.testing.assert_allclose(
        other(TEXTS).detach().numpy(), encoder.encode_documents(DOCUMENTS), atol=1e-5
    )


def test_a_projection_is_kept(tmp_path):
    question, _ = dpr_in(tmp_path, projection_dim=6)
    side = load_dpr(question, "question")
    assert side.dim == 6 and side(["a"]).shape == (1, 6)


def test_a_plain_bert_begins_as_a_tower(tmp_path):
    from transformers import AutoModel

    folder = bert_in(tmp_path / "bert")
    state = torch.get_rng_state()
    side = load_dpr(folder, "context").eval()
    assert torch.equal(torch.get_rng_state(), state)
    tokens = side.tokenizer("ada", return_tensors="pt")
    bert = AutoModel.from_pretrained(folder).eval()
    with torch.no_grad():
        expected = bert(**tokens).last_hidden_state[:, 0]
        torch.testing.assert_close(side(["ada"]), expected)


@pytest.mark.parametrize("normalize", [True, False])
def test_sentence_sides_give_what_retrievals_encoder_gives(tmp_path, normalize):
    prompts = {"query": "q: ", "document": "d: "}
    folder = sentence_model_in(tmp_path / "st", prompts=prompts, normalize=normalize)
    encoder = SentenceTransformerEncoder(model=folder, device="cpu")
    one, other = load_sentence(folder, "question").eval(), load_sentence(folder, "context").eval()
    vectors = one(QUESTIONS)
    np.testing.assert_allclose(
        vectors.detach().numpy(), encoder.encode_queries(QUESTIONS), atol=1e-5
    )
    np.testing.assert_allclose(
        other(TEXTS).detach().numpy(), encoder.encode_documents(DOCUMENTS), atol=1e-5
    )
    vectors[:, 0].sum().backward()
    assert sum(float(w.grad.norm()) for w in one.parameters() if w.grad is not None) > 0


def test_a_sentence_side_reads_so_many_tokens(tmp_path):
    folder = sentence_model_in(tmp_path / "st")
    side = load_sentence(folder, "context", 8).eval()
    torch.testing.assert_close(side([("long", "w " * 50)]), side([("long", "w " * 70)]))


def test_refusals(tmp_path):
    question, _ = dpr_in(tmp_path / "dpr")
    with pytest.raises(ConfigError, match=r"holds no DPRContextEncoder .* as context="):
        load_dpr(question, "context")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "config.json").write_text('{"model_type": "t5"}')
    with pytest.raises(ConfigError, match="is a model of type 't5'; the question tower"):
        load_dpr(tmp_path / "other", "question")
