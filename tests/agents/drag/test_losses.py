import pytest
import torch

from hopgym.agents.drag.losses import fact_loss, rank_loss, retrieval_loss
from hopgym.errors import ConfigError

LABELS = torch.tensor([1.0, 0, 0, 1, 1, 0, 0, 0])
OWNERS = torch.tensor([0, 0, 0, 1, 1, 1, 2, 2])


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def rank(logits, labels=LABELS, owners=OWNERS, **options):
    return rank_loss(logits, labels, owners, generator=generator(), **options)


def by_loop(logits, margin=1.0):
    means = []
    for question in range(3):
        own = question == OWNERS
        golds, others = logits[own & (LABELS > 0)], logits[own & (LABELS == 0)]
        pairs = [max(0.0, margin - (g - o).item()) for g in golds for o in others]
        means.append(sum(pairs) / len(pairs) if pairs else 0.0)
    return torch.tensor(means)


def test_ranks_are_compared_within_a_question_alone():
    logits = torch.randn(8, generator=generator(1))
    torch.testing.assert_close(rank(logits), by_loop(logits))
    torch.testing.assert_close(rank(logits, margin=3.0), by_loop(logits, 3.0))
    moved = logits + 100.0 * OWNERS  # however far apart questions are
    torch.testing.assert_close(rank(moved), rank(logits), atol=1e-4, rtol=0)


def test_a_margin_of_one_can_be_kept():
    good = torch.where(LABELS > 0, 1.0, -1.0)
    assert rank(good).tolist() == [0, 0, 0]
    probabilities = torch.sigmoid(good * 4)  # what the first public implementation compares
    assert rank(probabilities).max() > 0.01


def test_cross_entropy_is_stable_for_large_logits():
    logits = torch.tensor([1e4, -1e4, 1e4, -1e4], requires_grad=True)
    labels = torch.tensor([1.0, 0, 0, 1])
    each = fact_loss(logits, labels)
    torch.testing.assert_close(each, torch.tensor([0, 0, 1e4, 1e4]))
    each.sum().backward()
    assert logits.grad.tolist() == [0, 0, 1, -1]  # of sigmoids it would be zero or not finite
    assert fact_loss(torch.zeros(2), torch.tensor([1.0, 0]), 3.0).tolist() == pytest.approx(
        [3 * 0.693147, 0.693147]
    )


def test_the_loss_is_the_mean_of_questions_with_gold_facts():
    logits = torch.randn(8, generator=generator(1))
    whole = retrieval_loss(logits, LABELS, OWNERS, rho=0.7, generator=generator())
    parts = []
    for question in (0, 1):
        own = question == OWNERS
        bce = fact_loss(logits[own], LABELS[own]).mean()
        parts.append(0.7 * bce + 0.3 * by_loop(logits)[question])
    torch.testing.assert_close(whole, torch.stack(parts).mean())
    only = retrieval_loss(logits, LABELS, OWNERS, rho=1.0)
    torch.testing.assert_close(
        only,
        torch.stack(
            [fact_loss(logits[q == OWNERS], LABELS[q == OWNERS]).mean() for q in (0, 1)]
        ).mean(),
    )


def test_a_question_without_gold_facts_teaches_nothing():
    logits = torch.zeros(8, requires_grad=True)
    retrieval_loss(logits, LABELS, OWNERS, generator=generator()).backward()
    assert (logits.grad[6:] == 0).all() and (logits.grad[:6] != 0).all()
    none = retrieval_loss(logits, torch.zeros(8), OWNERS, generator=generator())
    assert none.item() == 0
    none.backward()


def test_all_gold_and_no_facts():
    assert rank(torch.zeros(8), torch.ones(8)).tolist() == [0, 0, 0]
    logits = torch.zeros(0, requires_grad=True)
    loss = retrieval_loss(logits, torch.zeros(0), torch.zeros(0).long())
    assert loss.item() == 0
    loss.backward()


def test_negatives_are_drawn_without_repetition_and_all_of_them_in_turn():
    labels = torch.zeros(101)
    labels[0] = 1
    owners = torch.zeros(101).long()
    counts = torch.zeros(101)
    for seed in range(200):
        logits = torch.zeros(101, requires_grad=True)
        loss = rank_loss(logits, labels, owners, negatives=64, generator=generator(seed))
        loss.sum().backward()
        taken = logits.grad[1:] > 0
        assert taken.sum() == 64
        torch.testing.assert_close(logits.grad[1:][taken], torch.full((64,), 1 / 64))
        counts[1:] += taken
    assert counts[1:].min() > 128 - 4 * 7 and counts[1:].max() < 128 + 4 * 7


def test_draws_are_the_generators():
    logits = torch.randn(101, generator=generator(9))
    labels = torch.zeros(101)
    labels[:2] = 1
    state = torch.get_rng_state()
    first, same, other = (
        rank_loss(
            logits, labels, torch.zeros(101).long(), negatives=8, generator=generator(n)
        ).item()
        for n in (1, 1, 2)
    )
    assert torch.equal(torch.get_rng_state(), state)
    assert first == same != other


def test_no_negatives_are_refused():
    with pytest.raises(ConfigError, match="negatives is 0"):
        rank(torch.zeros(8), negatives=0)
