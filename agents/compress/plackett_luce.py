"""Drawing chunks without replacement: the Plackett-Luce distribution, and its exact log-probability.

A fixed number of chunks is drawn one after the other, each with a probability that is the softmax of
the logits of those that are left (Plackett 1975; Luce 1959). A draw is the order of the largest
logits with Gumbel noise (Kool et al. 2019, arXiv 1903.06059). Its log-probability is that of what was
drawn, where independent coins, cut to a budget afterwards, would have another's.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import torch
from torch import Tensor

from ...errors import ConfigError

_MOST_ORDERS = 8
"""Things whose orders are counted one by one, at most: 40,320 orders."""


def draw(
    logits: Tensor, counts: Sequence[int], noise: torch.Generator, *, samples: int = 1
) -> list[list[list[int]]]:
    """Draw without replacement.

    Args:
        logits: `[rows, chunks]`; minus infinity where there is none.
        counts: How many are drawn of each row.
        noise: Draws.
        samples: Draws of each row.

    Returns:
        For each row its draws, for each of which the places in the order drawn.

    Raises:
        ConfigError: If a row has fewer chunks than are to be drawn.
    """
    _check(logits, counts)
    uniform = torch.rand((samples, *logits.shape), generator=noise, device=logits.device)
    gumbel = -torch.log(-torch.log(uniform.clamp(1e-20, 1.0 - 1e-7)))
    order = (logits.detach() + gumbel).argsort(dim=-1, descending=True)
    return [
        [order[s, row, :count].tolist() for s in range(samples)] for row, count in enumerate(counts)
    ]


def likeliest(logits: Tensor, counts: Sequence[int]) -> list[list[int]]:
    """Return the largest logits' places of each row, the largest first, of equals the first."""
    _check(logits, counts)
    order = logits.detach().argsort(dim=-1, descending=True, stable=True)
    return [order[row, :count].tolist() for row, count in enumerate(counts)]


def log_prob(logits: Tensor, orders: Sequence[Sequence[int]]) -> Tensor:
    """Return the log-probability of each row's draw, in its order.

    log P(i_1 .. i_m) = sum over j of  l_{i_j} - logsumexp of l over all but i_1 .. i_{j-1}

    Args:
        logits: `[rows, chunks]`; minus infinity where there is none.
        orders: For each row the places, in the order drawn.

    Returns:
        `[rows]`, in nats; 0 where nothing is drawn.
    """
    total = logits.new_zeros(len(logits))
    left = logits
    for step in range(max(map(len, orders), default=0)):
        on = [row for row, order in enumerate(orders) if len(order) > step]
        rows = torch.tensor(on, device=logits.device)
        picked = torch.tensor([orders[row][step] for row in on], device=logits.device)
        told = left[rows, picked] - torch.logsumexp(left[rows], dim=-1)
        total = total.index_add(0, rows, told)
        taken = torch.zeros_like(logits, dtype=torch.bool)
        taken[rows, picked] = True
        left = left.masked_fill(taken, -torch.inf)
    return total


def log_prob_of_set(logits: Tensor, chosen: Sequence[int]) -> Tensor:
    """Return the log-probability that exactly these are drawn, in whatever order.

    Args:
        logits: `[chunks]`.
        chosen: Their places, eight at most: every order of them is counted.

    Raises:
        ConfigError: If there are more.
    """
    if len(chosen) > _MOST_ORDERS:
        raise ConfigError(
            f"{len(chosen)} places were chosen; the orders of {_MOST_ORDERS} at most are counted. "
            "Take log_prob of the order that was drawn."
        )
    orders = list(permutations(chosen))
    return torch.logsumexp(log_prob(logits.expand(len(orders), -1), orders), dim=0)


def _check(logits: Tensor, counts: Sequence[int]) -> None:
    there = (logits > -torch.inf).sum(dim=-1).tolist()
    for row, (count, most) in enumerate(zip(counts, there, strict=True)):
        if not 0 <= count <= most:
            raise ConfigError(f"{count} chunks are to be drawn of {most} in row {row}.")
