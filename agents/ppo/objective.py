"""The objective of PPO: what is made small for a batch of actions.

All tensors are flat, `[actions]`; what the environment wrote has no entry.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ...errors import require

Tensor = Any
"""A tensor of torch, which is imported late."""


class Clipped(NamedTuple):
    """A loss for each action, and where it was clipped."""

    losses: Tensor
    clipped: Tensor
    """True where the gradient is 0 because the policy has moved far enough."""


def policy_loss(
    logprobs: Tensor, old: Tensor, advantages: Tensor, low: float, high: float
) -> Clipped:
    """Return the clipped surrogate objective, negated (Schulman et al., arXiv 1707.06347, eq. 7).

    Args:
        logprobs: Under the policy as it is.
        old: Under the policy that played.
        advantages: Of the actions.
        low: How far the ratio may fall below 1.
        high: How far it may rise above 1; DAPO (arXiv 2503.14476) takes more than below.
    """
    torch = require("torch", "llm")
    ratio = torch.exp(logprobs - old)
    free = ratio * advantages
    bound = ratio.clamp(1.0 - low, 1.0 + high) * advantages
    return Clipped(-torch.minimum(free, bound), (bound < free).detach())


def value_loss(values: Tensor, old: Tensor, returns: Tensor, clip: float) -> Clipped:
    """Return half the squared error of values, of the worse of them and of one kept near the old.

    Args:
        values: As they are.
        old: As they were when the episodes were credited.
        returns: What they should be.
        clip: How far they may move from the old at no loss; 0 sets no limit.
    """
    torch = require("torch", "llm")
    free = (values - returns) ** 2
    if not clip:
        return Clipped(0.5 * free, torch.zeros_like(free, dtype=torch.bool))
    near = old + (values - old).clamp(-clip, clip)
    bound = (near - returns) ** 2
    return Clipped(0.5 * torch.maximum(free, bound), (bound > free).detach())


def kl_k3(logprobs: Tensor, other: Tensor) -> Tensor:
    """Return an estimate of KL(policy || other) for each action that is never below 0.

    `exp(x) - x - 1` with `x = log other - log policy` (k3 of John Schulman's "Approximating KL
    divergence", 2020); its mean over samples of the policy is the divergence.
    """
    torch = require("torch", "llm")
    difference = other - logprobs
    return torch.exp(difference) - difference - 1.0
