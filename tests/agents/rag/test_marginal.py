import itertools
import math

import pytest
import torch

from hopgym.agents.rag.marginal import joint, posterior, rag_sequence_nll, rag_token_nll

WORDS, DOCS = 3, 3
END = 0


def tables(longest, seed=0):
    """`p(next | document, what was written)` for each beginning, and `p(z)`: a tiny language."""
    draws = torch.Generator().manual_seed(seed)
    begun = [b for n in range(longest) for b in itertools.product(range(WORDS), repeat=n)]
    words = {b: torch.rand(DOCS, WORDS, generator=draws).mul(3).softmax(-1) for b in begun}
    return words, torch.randn(DOCS, generator=draws)


def sequences(longest):
    """All that can be written: ended, or cut at the longest."""
    for length in range(1, longest + 1):
        for row in itertools.product(range(WORDS), repeat=length):
            if END not in row[:-1] and (row[-1] == END or length == longest):
                yield row


def by_enumeration(words, scores, row, variant):
    """Sum over documents in plain loops, without a logarithm."""
    prior = [math.exp(s) / sum(math.exp(float(o)) for o in scores) for s in scores.tolist()]
    each = [[float(words[row[:t]][z, token]) for t, token in enumerate(row)] for z in range(DOCS)]
    if variant == "sequence":
        return sum(p * math.prod(tokens) for p, tokens in zip(prior, each, strict=True))
    steps = range(len(row))
    return math.prod(sum(prior[z] * each[z][t] for z in range(DOCS)) for t in steps)


def token_logp(words, rows):
    longest = max(map(len, rows))
    logp = torch.zeros(len(rows), DOCS, longest)
    mask = torch.zeros(len(rows), longest)
    for n, row in enumerate(rows):
        for t, token in enumerate(row):
            logp[n, :, t] = words[row[:t]][:, token].log()
        mask[n, : len(row)] = 1
    return logp, mask


@pytest.mark.parametrize("variant", ["token", "sequence"])
def test_likelihoods_are_those_of_brute_force_and_sum_to_one(variant):
    words, scores = tables(4)
    rows = list(sequences(4))
    logp, mask = token_logp(words, rows)
    nll = {"token": rag_token_nll, "sequence": rag_sequence_nll}[variant]
    found = nll(scores.expand(len(rows), -1), logp, mask).neg().exp()
    expected = torch.tensor([by_enumeration(words, scores, row, variant) for row in rows])
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    assert found.sum().item() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("nll", [rag_token_nll, rag_sequence_nll])
def test_one_document_is_the_plain_nll(nll):
    logp = torch.rand(4, 1, 5).log()
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [1, 0, 0, 0, 0], [1, 1, 1, 0, 0]])
    for score in (0.0, -7.5, 80.0):
        found = nll(torch.full((4, 1), score), logp, mask)
        torch.testing.assert_close(found, -(logp[:, 0] * mask).sum(-1))


@pytest.mark.parametrize("nll", [rag_token_nll, rag_sequence_nll])
def test_an_answer_of_one_token_keeps_the_documents_prior(nll):
    """The library's RagSequence adds it at the second token, and masks it away where there is none."""
    scores = torch.tensor([[0.0, 3.0]], requires_grad=True)
    logp = torch.tensor([[[0.9], [0.1]]]).log()
    loss = nll(scores, logp, torch.ones(1, 1))
    prior = torch.tensor([0.0, 3.0]).softmax(0)
    assert loss.exp().reciprocal().item() == pytest.approx(float(prior @ logp.exp()[0, :, 0]))
    loss.sum().backward()
    assert scores.grad[0, 0] < 0 < scores.grad[0, 1]  # the document that says it gains


@pytest.mark.parametrize("nll", [rag_token_nll, rag_sequence_nll])
def test_every_token_counts_the_first_and_the_end_too(nll):
    logp = torch.rand(1, 3, 4).log().requires_grad_()
    nll(torch.zeros(1, 3), logp, torch.tensor([[1, 1, 1, 0]])).sum().backward()
    assert (logp.grad[..., :3] < 0).all() and (logp.grad[..., 3] == 0).all()


def test_tokens_of_several_documents_may_be_joined_only_by_rag_token():
    """Each document knows one half of the answer."""
    logp = torch.tensor([[[0.9, 0.01], [0.01, 0.9]]]).log()
    ones, scores = torch.ones(1, 2), torch.zeros(1, 2)
    assert rag_token_nll(scores, logp, ones).neg().exp().item() == pytest.approx(0.455**2)
    assert rag_sequence_nll(scores, logp, ones).neg().exp().item() == pytest.approx(0.009)


@pytest.mark.parametrize("nll", [rag_token_nll, rag_sequence_nll])
def test_a_document_that_is_missing_changes_nothing(nll):
    scores = torch.randn(2, 3)
    logp, mask = torch.rand(2, 3, 4).log(), torch.ones(2, 4)
    wide = torch.cat([scores, torch.full((2, 1), -torch.inf)], 1).requires_grad_()
    longer = torch.cat([logp, torch.zeros(2, 1, 4)], 1)
    loss = nll(wide, longer, mask)
    torch.testing.assert_close(loss, nll(scores, logp, mask))
    loss.sum().backward()
    assert torch.isfinite(wide.grad).all() and (wide.grad[:, 3] == 0).all()


def test_the_posterior_is_bayes_rule_and_the_gradient_of_rag_sequence():
    scores = torch.randn(2, 3, requires_grad=True)
    logp, mask = torch.rand(2, 3, 4).log(), torch.tensor([[1, 1, 1, 0], [1, 0, 0, 0]])
    likelihood = (logp * mask[:, None]).sum(-1).exp()
    weighed = scores.softmax(-1) * likelihood
    after = posterior(scores, logp, mask)
    torch.testing.assert_close(after, weighed / weighed.sum(-1, keepdim=True))
    torch.testing.assert_close(joint(scores, logp, mask).exp(), weighed)
    rag_sequence_nll(scores, logp, mask).sum().backward()
    torch.testing.assert_close(scores.grad, scores.softmax(-1) - after)


def test_long_answers_do_not_underflow():
    logp = torch.full((1, 2, 200), -8.0)
    for nll in (rag_token_nll, rag_sequence_nll):
        assert nll(torch.zeros(1, 2), logp, torch.ones(1, 200)).item() == pytest.approx(1600)
