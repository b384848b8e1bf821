import math

import pytest
import torch

from hopgym.agents.rag.losses import combined, contrastive_nll, retrieval_loss

GOLD = torch.tensor([[1, 0, 0, 0, 0], [0, 1, 1, 0, 0], [0, 0, 0, 0, 0]]).bool()


def by_loop(scores):
    losses = []
    for row, gold in zip(scores.tolist(), GOLD.tolist(), strict=True):
        negatives = [math.exp(s) for s, own in zip(row, gold, strict=True) if not own]
        each = [
            -math.log(math.exp(s) / (math.exp(s) + sum(negatives)))
            for s, own in zip(row, gold, strict=True)
            if own
        ]
        losses.append(sum(each) / len(each) if each else 0.0)
    return torch.tensor(losses)


def test_equation_2_with_several_gold_passages_apart():
    scores = torch.randn(3, 5, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(contrastive_nll(scores, GOLD), by_loop(scores))
    torch.testing.assert_close(retrieval_loss(scores, GOLD), by_loop(scores)[:2].mean())


def test_with_one_gold_passage_it_is_the_cross_entropy():
    scores = torch.randn(4, 6)
    places = torch.tensor([0, 3, 5, 1])
    gold = torch.nn.functional.one_hot(places, 6).bool()
    expected = torch.nn.functional.cross_entropy(scores, places, reduction="none")
    torch.testing.assert_close(contrastive_nll(scores, gold), expected)


def test_gradient_and_a_question_without_gold():
    scores = torch.randn(3, 5, requires_grad=True)
    retrieval_loss(scores, GOLD).backward()
    assert (scores.grad[GOLD] < 0).all() and (scores.grad[:2][~GOLD[:2]] > 0).all()
    assert (scores.grad[2] == 0).all()


@pytest.mark.parametrize("gold", [torch.ones(2, 3).bool(), torch.zeros(2, 3).bool()])
def test_no_negatives_and_no_gold_teach_nothing(gold):
    scores = torch.randn(2, 3, requires_grad=True)
    loss = retrieval_loss(scores, gold)
    loss.backward()
    assert loss.item() == pytest.approx(0, abs=1e-6) and (scores.grad.abs() < 1e-6).all()


def test_large_products_do_not_overflow():
    scores = torch.tensor([[900.0, -900.0]], requires_grad=True)
    loss = contrastive_nll(scores, torch.tensor([[False, True]])).sum()
    loss.backward()
    assert loss.item() == 1800 and scores.grad.tolist() == [[1, -1]]


def test_combination():
    one, other = torch.tensor(2.0), torch.tensor(3.0)
    assert combined(one, other, 0.5).item() == 3.5
    assert combined(one, torch.tensor(float("nan")), 0).item() == 2
