import numpy as np
import pytest
import torch
from tiny_rag import DOCUMENTS, QUESTIONS, towers

from hopgym.agents.rag.towers import Towers, segments
from hopgym.core import Document
from hopgym.errors import AgentError, ConfigError


def norms(module):
    grads = [w.grad for w in module.parameters() if w.grad is not None]
    return sum(float(g.norm()) for g in grads)


def test_shapes_and_that_sides_read_alike_alone_and_together():
    made = towers().eval()
    vectors = made.passages(DOCUMENTS)
    assert vectors.shape == (3, made.dim) == (3, 64)
    alone = torch.cat([made.passages([each]) for each in DOCUMENTS])
    torch.testing.assert_close(vectors, alone, atol=1e-5, rtol=1e-5)
    questions = made.questions(QUESTIONS)
    np.testing.assert_allclose(
        made.encode_questions(QUESTIONS, 1), questions.detach().numpy(), atol=1e-5
    )
    np.testing.assert_allclose(
        made.encode_passages(DOCUMENTS, 2), vectors.detach().numpy(), atol=1e-5
    )
    assert made.questions([]).shape == made.passages([]).shape == (0, 64)
    assert made.encode_passages([]).shape == (0, 64)


def test_dpr_takes_the_first_token_and_does_not_normalise():
    made = towers().eval()
    side = made.question
    tokens = side.tokenizer(QUESTIONS[:1], return_tensors="pt")
    with torch.no_grad():
        states = side.model(**tokens, output_hidden_states=True).hidden_states[-1]
        vector = made.questions(QUESTIONS[:1])
    torch.testing.assert_close(vector[0], states[0, 0])
    assert not torch.allclose(vector.norm(dim=-1), torch.ones(1), atol=0.1)


def test_scores_are_inner_products_over_a_temperature():
    made = towers(temperature=2.0)
    draws = torch.Generator().manual_seed(0)
    questions, passages = (torch.randn(n, 64, generator=draws) for n in (2, 3))
    expected = questions @ passages.T / 2
    torch.testing.assert_close(made.scores(questions, passages), expected)
    own = passages[torch.tensor([[0, 1], [2, 0]])]
    expected = expected.gather(1, torch.tensor([[0, 1], [2, 0]]))
    torch.testing.assert_close(made.scores(questions, own), expected)
    with torch.autocast("cpu", torch.bfloat16):  # products near 80 would lose their digits
        large = made.scores(questions * 30, passages)
    assert large.dtype == torch.float32
    torch.testing.assert_close(large, questions @ passages.T * 15, rtol=1e-4, atol=1e-3)


def test_the_seed_packed_question_and_context_into_one_input():
    """Here each side reads its own text: a question's vector knows nothing of any passage."""
    made = towers().eval()
    one = made.questions(QUESTIONS)
    made.passages(DOCUMENTS)
    torch.testing.assert_close(one, made.questions(QUESTIONS), rtol=0, atol=0)
    assert made.question is not made.context
    scores = made.scores(made.questions(QUESTIONS[:1]), made.passages(DOCUMENTS))
    scores.sum().backward()
    assert norms(made.question) > 0 and norms(made.context) > 0


def test_a_frozen_context_tower_gets_no_gradient_and_encodes_each_passage_once():
    made = towers(train_context=False)
    calls = []
    made.context.register_forward_hook(lambda *_: calls.append(1))
    vectors = made.passages(DOCUMENTS)
    assert not vectors.requires_grad and not made.context.training
    made.scores(made.questions(QUESTIONS), made.passages(DOCUMENTS[:2])).sum().backward()
    assert norms(made.question) > 0 and norms(made.context) == 0
    assert len(calls) == 1
    made.train()
    assert made.question.training and not made.context.training


def test_what_a_frozen_tower_keeps_is_forgotten_with_its_weights():
    made = towers(train_context=False)
    before = made.passages(DOCUMENTS)
    other = towers(seed=5).context.state_dict()
    made.context.load_state_dict(other)
    after = made.passages(DOCUMENTS)
    assert not torch.allclose(before, after)
    assert not torch.equal(made.to(torch.bfloat16).passages(DOCUMENTS), after)
    made.train_context = True
    assert made.passages(DOCUMENTS).requires_grad


def test_vectors_that_are_known_are_taken_over():
    made = towers(train_context=False)
    vectors = made.encode_passages(DOCUMENTS)
    calls = []
    made.context.register_forward_hook(lambda *_: calls.append(1))
    made.know(DOCUMENTS, vectors)
    np.testing.assert_array_equal(made.passages(DOCUMENTS[::-1]).numpy(), vectors[::-1])
    assert not calls


def test_segments():
    assert segments(DOCUMENTS[0]) == ("Ada Orm", DOCUMENTS[0].text)
    assert segments(DOCUMENTS[2]) == DOCUMENTS[2].text


def test_long_and_broken_texts_are_read():
    made = towers(max_passage_tokens=16).eval()
    long = Document("l", "T", "word " * 500)
    cut = Document("s", "T", "word " * 400)
    torch.testing.assert_close(made.passages([long]), made.passages([cut]))
    assert made.questions(["", "why \ud800"]).isfinite().all()


def test_nothing_touches_torchs_own_generator():
    state = torch.get_rng_state()
    first, same, other = towers(seed=1), towers(seed=1), towers(seed=2)
    first.encode_passages(DOCUMENTS)
    assert torch.equal(torch.get_rng_state(), state)
    np.testing.assert_array_equal(first.encode_passages(DOCUMENTS), same.encode_passages(DOCUMENTS))
    assert not np.allclose(first.encode_passages(DOCUMENTS), other.encode_passages(DOCUMENTS))


def test_encoding_leaves_the_mode_as_it_was():
    made = towers().train()
    made.encode_questions(QUESTIONS)
    assert made.question.training and made.context.training


def test_refusals():
    made, wide = towers(), towers()
    wide.context.dim = 5
    with pytest.raises(ConfigError, match="question tower has 64 dimensions and the context towe"):
        Towers(made.question, wide.context)
    with pytest.raises(ConfigError, match=r"temperature is 0.0; it must be above 0"):
        towers(temperature=0.0)
    with torch.no_grad():
        next(made.context.parameters()).fill_(float("nan"))
    with pytest.raises(AgentError, match=r"not finite.*Lower the learning rate"):
        made.encode_passages(DOCUMENTS)
