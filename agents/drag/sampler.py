"""Which facts are drawn in training, and which are taken when it counts.

D-RAG (Gao et al., EMNLP 2025): facts are drawn one by one, each with its own probability (Eq. 3), by
binary Gumbel-softmax (Eq. 7) with a straight-through gradient (Eq. 8).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from ...envs.settings import at_least
from ...errors import ConfigError
from . import segments


class Sample(NamedTuple):
    """Facts that were drawn."""

    z: Tensor
    """`[F]`, 1 or 0; its gradient is that of the soft choice."""
    hard: Tensor
    """`[F]`, the same as truth values, without a gradient."""
    log_prob: Tensor
    """`[B]`, of the draw as a whole, with its gradient."""


def sample(
    logits: Tensor,
    owners: Tensor,
    *,
    tau: float = 0.5,
    cap: int = 100,
    generator: torch.Generator | None = None,
    count: int | None = None,
) -> Sample:
    """Draw facts, each with the probability sigmoid(logit).

        z_soft = sigmoid((logit + log u - log(1 - u)) / tau),    u uniform in (0, 1)
        z      = stop_gradient(z_hard - z_soft) + z_soft,        z_hard = [z_soft > 0.5]

    The difference of two Gumbel variables, one for keeping and one for dropping, is logistic. One
    Gumbel alone would keep too many: 0.63, not 0.5, at logit 0.

    Args:
        logits: `[F]`
        owners: `[F]`, the question of each.
        tau: The temperature of the soft choice; the draw itself does not depend on it.
        cap: Only so many of a question's facts are drawn from, the likeliest; the others are out
            before anything is drawn, so that what is drawn is what is used.
        generator: On the logits' device.
        count: How many questions there are; by the largest owner if None.

    Raises:
        ConfigError: If tau or cap is not above 0.
    """
    at_least("cap", cap, 1)
    if not tau > 0:
        raise ConfigError(f"tau is {tau}; give a number above 0, such as 0.5.")
    count = _questions(owners) if count is None else count
    inside = segments.ranks(logits, owners) < cap
    noise = torch.rand(logits.shape, generator=generator, device=logits.device, dtype=logits.dtype)
    noisy = logits + torch.logit(noise, eps=torch.finfo(logits.dtype).eps)
    hard = (noisy > 0) & inside
    soft = torch.where(inside, torch.sigmoid(noisy / tau), 0.0)
    z = hard.to(logits.dtype) + (soft - soft.detach())
    chance = functional.logsigmoid(torch.where(hard, logits, -logits))
    log_prob = segments.summed(torch.where(inside, chance, 0.0), owners, count)
    return Sample(z, hard, log_prob)


def select(logits: Tensor, owners: Tensor, *, top: int = 100, threshold: float = 0.01) -> Tensor:
    """Take the likeliest facts of each question, without chance.

    Args:
        logits: `[F]`
        owners: `[F]`
        top: How many of a question at most.
        threshold: Less likely ones are left out, save for the likeliest of a question, which is
            always taken.

    Returns:
        `[F]`, truth values.

    Raises:
        ConfigError: If top is below 1, or the threshold is no probability.
    """
    at_least("top", top, 1)
    if not 0 <= threshold <= 1:
        raise ConfigError(f"threshold is {threshold}; give a probability, such as 0.01.")
    places = segments.ranks(segments.steady(logits), owners)
    likely = torch.sigmoid(logits.detach()) >= threshold
    return (places == 0) | ((places < top) & likely)


def _questions(owners: Tensor) -> int:
    return int(owners.max()) + 1 if len(owners) else 0
