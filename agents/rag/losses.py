"""What the retriever learns by itself: a question's own passage before all others of the batch.

Karpukhin et al. 2020 (arXiv 2004.04906), equation 2: the negative log-likelihood of the positive
passage among it and the negatives, which are the other questions' passages (in-batch negatives,
section 3.2) and the hard ones that BM25 finds and that hold no answer.
"""

from __future__ import annotations

import torch
from torch import Tensor


def contrastive_nll(scores: Tensor, gold: Tensor) -> Tensor:
    """Return each question's loss, `[B]`; 0 where it has no gold passage.

        -log( e^sim(q, p+) / (e^sim(q, p+) + sum over negatives of e^sim(q, p-)) )

    Where a question has several gold passages, each is compared with the negatives alone, never
    with another gold one, and the mean is taken.

    Args:
        scores: Logits of all the batch's passages, each of which stands there once, `[B, N]`.
        gold: Which of them are the question's own, `[B, N]`; a passage may be that of several.

    >>> scores = torch.tensor([[2.0, 0.0, 1.0]])
    >>> contrastive_nll(scores, torch.tensor([[True, False, False]]))
    tensor([0.4076])
    """
    lowest = torch.finfo(scores.dtype).min  # finite: a row may have no negatives
    others = torch.logsumexp(scores.masked_fill(gold, lowest), dim=1, keepdim=True)
    each = torch.logaddexp(scores, others) - scores
    count = gold.sum(1)
    return each.masked_fill(~gold, 0.0).sum(1) / count.clamp(min=1)


def retrieval_loss(scores: Tensor, gold: Tensor) -> Tensor:
    """Return the mean of `contrastive_nll` over the questions that have a gold passage."""
    taught = gold.any(1)
    return contrastive_nll(scores, gold).sum() / taught.sum().clamp(min=1)


def combined(generation: Tensor, retrieval: Tensor, weight: float) -> Tensor:
    """Return what is minimised: `L_generation + weight * L_retrieval`."""
    return generation + weight * retrieval if weight else generation
