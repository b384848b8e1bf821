"""Sums, shares and ranks within each question of a batch, without a loop over questions.

The values of all questions stand one after the other; `owners` says whose each is. Plain torch:
torch-geometric's `scatter` and `softmax` do the same by the same kernels.
"""

from __future__ import annotations

import torch
from torch import Tensor


def summed(values: Tensor, owners: Tensor, count: int) -> Tensor:
    """Return the sum of each owner's rows: `[n, ...]` and `[n]` to `[count, ...]`.

    >>> summed(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0, 2, 2]), 3).tolist()
    [1.0, 0.0, 5.0]
    """
    return values.new_zeros((count, *values.shape[1:])).index_add(0, owners, values)


def averaged(values: Tensor, owners: Tensor, count: int) -> Tensor:
    """Return the mean of each owner's rows; zero where it has none."""
    sizes = torch.bincount(owners, minlength=count).clamp(min=1)
    return summed(values, owners, count) / sizes.view(-1, *[1] * (values.dim() - 1))


def softmax(scores: Tensor, owners: Tensor, count: int) -> Tensor:
    """Return shares `[n]` that add up to 1 within each owner.

    >>> softmax(torch.tensor([1e4, 1e4, 5.0]), torch.tensor([0, 0, 1]), 2).tolist()
    [0.5, 0.5, 1.0]
    """
    # the largest of each owner is taken off, so that nothing overflows; it cancels out
    highest = scores.detach().new_full((count,), -torch.inf)
    highest = highest.scatter_reduce(0, owners, scores.detach(), "amax")
    powers = (scores - highest.index_select(0, owners)).exp()
    return powers / summed(powers, owners, count).index_select(0, owners)


def ranks(scores: Tensor, owners: Tensor) -> Tensor:
    """Return the place of each value within its owner, from 0, the largest first.

    Of equal ones the first comes first. Owners may stand in any order.

    >>> ranks(torch.tensor([1.0, 3.0, 2.0, 9.0]), torch.tensor([0, 0, 0, 1])).tolist()
    [2, 0, 1, 0]
    """
    order = torch.argsort(scores.detach(), descending=True, stable=True)
    order = order[torch.argsort(owners[order], stable=True)]
    sizes = torch.bincount(owners)
    starts = sizes.cumsum(0) - sizes
    within = torch.arange(len(order), device=order.device) - starts[owners[order]]
    return torch.empty_like(order).scatter_(0, order, within)


def steady(scores: Tensor, step: float = 1e-4) -> Tensor:
    """Return scores of which those that rounding alone tells apart are equal.

    Facts alike in all that is read of them have one score, but for its last bits, and these depend on
    what else is in a batch. Sorted by these scores, with a stable sort, the first comes first.

    >>> steady(torch.tensor([1.0, 1.0 + 1e-6, 1.001])).diff().tolist()
    [0.0, 10.0]
    """
    return (scores.detach() / step).round()
