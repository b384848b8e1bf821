import torch
from tiny_rag import ANSWERS, DOCUMENTS, QUESTIONS, generator

from hopgym.agents.rag.decoding import decode
from hopgym.agents.rag.fid import fused


def test_one_document_is_the_plain_t5():
    made = generator()
    rows = [DOCUMENTS[:1], DOCUMENTS[1:2]]
    plain, mask = made.token_logp(QUESTIONS, rows, ANSWERS)
    read = fused(made.read(QUESTIONS, rows))
    torch.testing.assert_close(made.score(read, made.targets(ANSWERS)), plain, rtol=0, atol=1e-6)
    texts = [made.inputs(q, row[0]) for q, row in zip(QUESTIONS, rows, strict=True)]
    tokens = made.tokenizer(texts, padding=True, return_tensors="pt")
    labels = made.targets(ANSWERS).ids.masked_fill(mask == 0, -100)
    loss = made.model(**tokens, labels=labels).loss  # the library's own
    torch.testing.assert_close(-(plain[:, 0] * mask).sum() / mask.sum(), loss)
    greedy = made.model.generate(**tokens, max_new_tokens=6, do_sample=False)
    with torch.no_grad():
        answers = decode(
            made, made.read(QUESTIONS, rows), torch.zeros(2, 1), "fid", beams=1, max_tokens=30
        )
    for row, answer in zip(greedy.tolist(), answers, strict=True):
        assert answer.text.startswith(made.text(row)[:3])


def test_passages_are_read_apart_and_decoded_over_all():
    made = generator()
    read = made.read(QUESTIONS[:1], [DOCUMENTS])
    whole = fused(read)
    _, docs, length, width = read.states.shape
    assert whole.states.shape == (1, 1, docs * length, width)
    torch.testing.assert_close(whole.states[0, 0, length : 2 * length], read.states[0, 1])
    targets = made.targets(ANSWERS[:1])
    alone = made.score(read, targets)
    together = made.score(whole, targets)
    assert not torch.isclose(alone, together, atol=1e-4).all(-1).any()


def test_the_order_of_passages_and_those_that_are_missing_change_nothing():
    """A T5's decoder has no positions in what it reads."""
    made = generator()
    targets = made.targets(ANSWERS[:1])
    one = made.score(fused(made.read(QUESTIONS[:1], [DOCUMENTS])), targets)
    other = made.score(fused(made.read(QUESTIONS[:1], [DOCUMENTS[::-1]])), targets)
    torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-5)
    ragged = made.score(
        fused(made.read(QUESTIONS, [DOCUMENTS[:2], DOCUMENTS])), made.targets(ANSWERS)
    )
    few = made.score(fused(made.read(QUESTIONS[:1], [DOCUMENTS[:2]])), targets)
    width = few.shape[-1]
    torch.testing.assert_close(ragged[0, :, :width], few[0], atol=1e-5, rtol=1e-5)


def test_gradient_reaches_the_encoder_through_every_passage():
    made = generator()
    read = made.read(QUESTIONS[:1], [DOCUMENTS])
    read.states.retain_grad()
    made.score(fused(read), made.targets(ANSWERS[:1])).sum().backward()
    assert (read.states.grad.abs().sum((0, 2, 3)) > 0).all()
