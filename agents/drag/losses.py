"""What the retriever learns by in phase 1: each fact right, and the right ones before the others.

D-RAG (Gao et al., EMNLP 2025): `L = rho L_BCE + (1 - rho) L_Rank`, rho = 0.7. Both read logits. A
margin of 1 between two probabilities could only be kept by 1 and 0 themselves, and a cross-entropy
of probabilities loses its gradient where the sigmoid is saturated.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from ...envs.settings import at_least
from . import segments


def retrieval_loss(
    logits: Tensor,
    labels: Tensor,
    owners: Tensor,
    *,
    rho: float = 0.7,
    margin: float = 1.0,
    negatives: int = 64,
    pos_weight: float = 1.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Return the loss of a batch: the mean over questions, each of which counts alike.

    Questions without a gold fact among theirs are left out: what is gold was cut away or is not
    known, and calling all facts wrong would teach something false.

    Args:
        logits: `[F]`
        labels: `[F]`, 1 for gold facts and 0 for others.
        owners: `[F]`, the question of each.
        rho: The weight of the cross-entropy.
        margin: By how much a gold fact's logit should be above another's.
        negatives: Facts that a gold one is compared with at most.
        pos_weight: The weight of gold facts in the cross-entropy.
        generator: Draws those facts where there are more; on the logits' device.
    """
    count = int(owners.max()) + 1 if len(owners) else 0
    gold = segments.summed(labels, owners, count)
    taught = (gold > 0).to(logits.dtype)
    each = fact_loss(logits, labels, pos_weight)
    facts = segments.averaged(each, owners, count)
    if rho < 1:
        rank = rank_loss(
            logits, labels, owners, margin=margin, negatives=negatives, generator=generator
        )
        facts = rho * facts + (1 - rho) * rank
    return (facts * taught).sum() / taught.sum().clamp(min=1)


def fact_loss(logits: Tensor, labels: Tensor, pos_weight: float = 1.0) -> Tensor:
    """Return the binary cross-entropy of each fact, `[F]`."""
    weight = logits.new_tensor(pos_weight)
    return functional.binary_cross_entropy_with_logits(
        logits, labels, pos_weight=weight, reduction="none"
    )


def rank_loss(
    logits: Tensor,
    labels: Tensor,
    owners: Tensor,
    *,
    margin: float = 1.0,
    negatives: int = 64,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Return the mean of `max(0, margin - (s_gold - s_other))` over pairs of each question, `[B]`.

    A pair is of one question, never of two. A gold fact is compared with all others of its question
    where they are no more than `negatives`, and else with so many of them, drawn without repetition.
    """
    at_least("negatives", negatives, 1)
    count = int(owners.max()) + 1 if len(owners) else 0
    golds, others, real = _pairs(labels, owners, count, negatives, generator)
    lack = functional.relu(margin - (logits[golds][:, None] - logits[others]))
    sums = segments.summed((lack * real).sum(1), owners[golds], count)
    pairs = segments.summed(real.sum(1).to(logits.dtype), owners[golds], count)
    return sums / pairs.clamp(min=1)


def _pairs(
    labels: Tensor,
    owners: Tensor,
    count: int,
    negatives: int,
    generator: torch.Generator | None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return gold facts `[G]`, others to compare each with `[G, M]`, and which of these are real."""
    golds = (labels > 0.5).nonzero()[:, 0]
    others = (labels <= 0.5).nonzero()[:, 0]
    numbers = torch.bincount(owners[others], minlength=count)
    most = min(negatives, int(numbers.max()) if len(numbers) else 0)
    # shuffled within each question; a gold fact takes those from a place of its own on, in a circle
    chances = torch.rand(len(others), generator=generator, device=labels.device)
    order = torch.argsort(chances)
    others = others[order[torch.argsort(owners[others[order]], stable=True)]]
    starts, sizes = (each[owners[golds]] for each in (numbers.cumsum(0) - numbers, numbers))
    turn = torch.rand(len(golds), generator=generator, device=labels.device) * sizes
    steps = torch.arange(most, device=labels.device)
    places = (turn.long()[:, None] + steps) % sizes.clamp(min=1)[:, None] + starts[:, None]
    real = steps < sizes[:, None]
    return golds, others[places.clamp(max=max(len(others) - 1, 0))], real
