import pytest
import torch
from tiny_rag import (
    ANSWERS,
    DOCUMENTS,
    QUESTIONS,
    answers_up_to,
    generator,
    letters_generator,
    logp_by_hand,
    tiny_t5,
)

from hopgym.agents.rag.generator import T5Generator, Targets
from hopgym.core import Document
from hopgym.errors import ConfigError


def test_what_is_read():
    made = generator()
    assert made.inputs("Who?", DOCUMENTS[0]).startswith(
        "question: Who? title: Ada Orm context: Ada"
    )
    assert made.inputs("Who?", DOCUMENTS[2]).startswith("question: Who? context: Cid")
    assert made.inputs("why \ud800", Document("x", "", "")) == "question: why ? context: "


def test_log_probabilities_are_the_models_own():
    made = generator()
    logp, mask = made.token_logp(QUESTIONS, [DOCUMENTS] * 2, ANSWERS)
    targets = made.targets(ANSWERS)
    assert logp.shape == (2, 3, targets.ids.shape[1]) and torch.equal(mask, targets.mask)
    for b, question in enumerate(QUESTIONS):
        ids = targets.ids[b][targets.mask[b] == 1].tolist()
        assert ids[-1] == 1
        for k, document in enumerate(DOCUMENTS):
            expected = logp_by_hand(made, question, document, ids)
            torch.testing.assert_close(logp[b, k, : len(ids)], expected, atol=1e-5, rtol=1e-5)
            assert (logp[b, k, len(ids) :] == 0).all()


def test_probabilities_of_all_answers_sum_to_one():
    """The end is a token like others: what has not ended by the last place has the rest."""
    made = letters_generator(words=5)
    rows = list(answers_up_to(5, 3))
    whole = torch.stack([logp_by_hand(made, "a", DOCUMENTS[0], ids).sum() for ids in rows])
    ids = torch.tensor([[*row, 0, 0][:3] for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (3 - len(row)) for row in rows])
    read = made.read(["a"] * len(rows), [[DOCUMENTS[0]]] * len(rows))
    scored = made.score(read, Targets(ids, mask))[:, 0].sum(-1)
    torch.testing.assert_close(scored, whole, atol=1e-5, rtol=1e-5)
    assert 0 < scored.exp().sum() < 1


def test_the_first_answer_token_is_trained():
    """Labels begin with the answer, the decoder with its start token: nothing is shifted away."""
    made = generator()
    targets = made.targets(["Lyon"])
    first = int(targets.ids[0, 0])
    assert first not in (made.start, made.end)
    logp, _ = made.token_logp(QUESTIONS[:1], [DOCUMENTS[:1]], ["Lyon"])
    (grad,) = torch.autograd.grad(-logp[0, 0, 0], [made.model.shared.weight], retain_graph=True)
    assert grad[first].abs().sum() > 0
    optimizer = torch.optim.SGD(made.parameters(), lr=0.05)
    (-logp[0, 0, 0]).backward()
    optimizer.step()
    after, _ = made.token_logp(QUESTIONS[:1], [DOCUMENTS[:1]], ["Lyon"])
    assert after[0, 0, 0].item() > logp[0, 0, 0].item()


def test_questions_may_have_unlike_numbers_of_documents():
    made = generator()
    logp, _ = made.token_logp(QUESTIONS, [DOCUMENTS, DOCUMENTS[1:2]], ANSWERS)
    whole, _ = made.token_logp(QUESTIONS, [DOCUMENTS, DOCUMENTS], ANSWERS)
    torch.testing.assert_close(logp[0], whole[0], atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(logp[1, 0], whole[1, 1], atol=1e-5, rtol=1e-5)
    assert (logp[1, 1:] == 0).all()
    read = made.read(QUESTIONS, [DOCUMENTS, DOCUMENTS[1:2]])
    assert read.present.tolist() == [[True] * 3, [True, False, False]]
    logp.sum().backward()
    assert all(torch.isfinite(w.grad).all() for w in made.parameters() if w.grad is not None)


def test_a_question_without_documents_is_read_all_the_same():
    made = generator()
    logp, _ = made.token_logp(QUESTIONS[:1], [[]], ["Lyon"])
    torch.testing.assert_close(
        logp, made.token_logp(QUESTIONS[:1], [[Document("", "", "")]], ["Lyon"])[0]
    )


def test_the_seed_padded_to_max_length():
    """Batches are as wide as their longest text, and padding changes nothing."""
    made = generator()
    read = made.read(QUESTIONS[:1], [DOCUMENTS[:1]])
    assert read.states.shape[2] < 64 < made.max_input_tokens
    both = made.read(QUESTIONS, [DOCUMENTS[:1], [Document("l", "", "Ada Orm is in Kiel. " * 6)]])
    length = read.states.shape[2]
    assert both.states.shape[2] > length
    torch.testing.assert_close(both.states[0, :, :length], read.states[0], atol=1e-5, rtol=1e-5)


def test_the_seed_called_encode_plus():
    """It is gone from transformers 5; tokenizers are called."""
    made = generator()
    assert not hasattr(made.tokenizer, "encode_plus")
    assert made.targets(ANSWERS).ids.shape[0] == 2


def test_the_end_of_a_long_passage_is_cut_and_never_the_question():
    made = generator(max_input_tokens=32)
    one, other = (Document("l", "", f"Ada Orm is in {where}. " * 40) for where in ("Kiel", "Kiel"))
    assert made.read(["Where?"], [[one]]).states.shape[2] == 32
    texts = [made.inputs(question, one) for question in ("Where was Ada Orm born?", "Who?")]
    ids = made.tokenizer(texts, truncation=True, max_length=32).input_ids
    assert ids[0] != ids[1] and "Ada" in made.tokenizer.decode(ids[0])
    assert made.read(["Where?"], [[other]]).mask.all()


def test_a_long_answer_keeps_its_end():
    made = generator(max_answer_tokens=4)
    targets = made.targets(["Lyon and Kiel and Oslo", "Kiel"])
    assert targets.ids.shape[1] <= 4 and targets.ids[0, -1] == 1


def test_refusals():
    with pytest.raises(ConfigError, match="max_input_tokens is 3; it must be a whole number fr"):
        generator(max_input_tokens=3)
    with pytest.raises(ConfigError, match="max_answer_tokens is 1"):
        generator(max_answer_tokens=1)
    with pytest.raises(ConfigError, match=r"tokens\) is not that of the model \(start 0, 6 tokens"):
        T5Generator(tiny_t5(6), generator().tokenizer)
