"""Likelihood: the log-probabilities and entropies of actions, from the states before them.

Logits are the largest thing that an update holds: at a vocabulary of 151,936 an action's take 0.6 MB
in 32 bits, and a gradient needs more than one copy. So there is a limit to how many are held at
once; beyond it they are made a chunk of actions at a time, and made again for the gradient, which
costs one more pass through the output layer and changes no number.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, NamedTuple

from ...errors import require
from .objective import Tensor

AT_ONCE = 2**25
"""Numbers of logits that are held at once: 134 MB a copy in 32 bits."""


class Likelihood(NamedTuple):
    """What logits say of actions; tensors `[actions]`, in 32 bits."""

    logprobs: Tensor
    entropies: Tensor
    """Of the distribution that each was drawn from."""


def likelihood(logits: Tensor, targets: Tensor, *, entropy_gradient: bool = False) -> Likelihood:
    """Return how likely actions are.

    Args:
        logits: `[actions, vocabulary]`.
        targets: `[actions]`, the actions themselves.
        entropy_gradient: Whether entropies have gradients.
    """
    torch = require("torch", "llm")
    logs = logits.log_softmax(dim=-1, dtype=torch.float32)
    logprobs = logs.gather(-1, targets[:, None])[:, 0]
    with nullcontext() if entropy_gradient else torch.no_grad():
        chances = logs.exp()
        surprise = chances * logs if entropy_gradient else chances.mul_(logs)
        return Likelihood(logprobs, -surprise.sum(dim=-1))


def likelihood_in_chunks(
    layer: Callable[[Tensor], Tensor],
    states: Tensor,
    targets: Tensor,
    chunk: int,
    *,
    entropy_gradient: bool = False,
) -> Likelihood:
    """Return how likely actions are, without ever holding the logits of all.

    The technique of Chen et al. (arXiv 1604.06174): what is cheap to make again is not kept.

    Args:
        layer: Makes logits of states.
        states: `[actions, width]`.
        targets: `[actions]`.
        chunk: Actions whose logits are held at once.
        entropy_gradient: Whether entropies have gradients.
    """
    torch = require("torch", "llm")
    checkpoint = require("torch.utils.checkpoint", "llm").checkpoint

    def read(some: Tensor, wanted: Tensor) -> Likelihood:
        return likelihood(layer(some), wanted, entropy_gradient=entropy_gradient)

    options = {"use_reentrant": False, "preserve_rng_state": False}
    chunks = [
        checkpoint(read, *pair, **options) if torch.is_grad_enabled() else read(*pair)
        for pair in zip(states.split(chunk), targets.split(chunk), strict=True)
    ]
    return Likelihood(*(torch.cat(parts) for parts in zip(*chunks, strict=True)))


def ends_with_layer(model: Any) -> bool:
    """Whether a model's logits are what its output layer gives, with nothing done to them after.

    Some families scale or cap them. It is found out by reading a token, with the layer's result
    replaced by numbers that no scale and no cap leaves as they are.
    """
    torch = require("torch", "llm")
    given: list[Tensor] = []

    def replaced(module: Any, taken: tuple[Any, ...], out: Tensor) -> Tensor:
        numbers = torch.linspace(-1000.0, 1000.0, out.shape[-1], device=out.device)
        given.append(numbers.to(out.dtype).expand_as(out))
        return given[-1]

    layer = model.get_output_embeddings()
    handle = layer.register_forward_hook(replaced)
    ids = torch.zeros((1, 1), dtype=torch.long, device=layer.weight.device)
    try:
        with torch.no_grad():
            logits = model(input_ids=ids, use_cache=False).logits
    finally:
        handle.remove()
    return bool(torch.equal(given[-1].float(), logits.float()))
