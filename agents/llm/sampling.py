"""How the next token is chosen: by temperature and nucleus, from one number drawn for each row.

A row's number comes from the row's own stream (`seeding.rng_for`), and the token is where the sums
of the probabilities pass it. What a row samples therefore depends on its prompt and its stream and
on nothing else that stands in the batch. Knows logits, and neither models nor text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...errors import ConfigError, require
from ...retrieval.base import check_number, check_whole

Tensor = Any
"""A tensor of torch, which is imported late."""


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How a generator samples.

    Raises:
        ConfigError: If a number is out of its range.
    """

    temperature: float = 1.0
    """0 takes the likeliest token."""
    top_p: float = 1.0
    """Only the likeliest tokens that together have this probability are drawn (Holtzman et al.,
    ICLR 2020, arXiv 1904.09751)."""
    max_new_tokens: int = 256

    def __post_init__(self) -> None:
        """Refuse numbers out of range."""
        check_number("temperature", self.temperature, 0.0, example=0.7)
        check_number("top_p", self.top_p, 0.0, 1.0, example=0.95)
        if self.top_p == 0:
            raise ConfigError("top_p is 0: no token would be left. Give temperature=0 for greedy.")
        check_whole("max_new_tokens", self.max_new_tokens)


def pick(logits: Tensor, drawn: Tensor, sampling: Sampling) -> tuple[Tensor, Tensor]:
    """Choose a token for each row.

    Args:
        logits: `[rows, vocabulary]`.
        drawn: A number from 0 to below 1 for each row; not looked at where temperature is 0.
        sampling: How.

    Returns:
        The tokens, and their log-probabilities under the model as it is: at temperature 1 and
        with the whole vocabulary, whatever they were sampled with. A trainer computes the same.
    """
    scores = logits.float()
    if sampling.temperature == 0:
        tokens = scores.argmax(dim=-1)
    else:
        tokens = _draw(scores / sampling.temperature, drawn, sampling.top_p)
    chosen = scores.gather(-1, tokens[:, None])[:, 0]
    return tokens, chosen - scores.logsumexp(dim=-1)


def _draw(scores: Tensor, drawn: Tensor, top_p: float) -> Tensor:
    torch = require("torch", "llm")
    weights = scores.softmax(dim=-1)
    if top_p < 1:
        weights = _nucleus(weights, top_p)
    sums = weights.cumsum(dim=-1, dtype=drawn.dtype)
    total = sums[:, -1]
    # Below the total even where the product is rounded up to it; `right` then passes by every
    # token of weight 0, since its sum is that of the token before.
    below = torch.minimum(drawn * total, torch.nextafter(total, torch.zeros_like(total)))
    found = torch.searchsorted(sums, below[:, None], right=True)[:, 0]
    return found.clamp(max=scores.shape[-1] - 1)  # beyond only where they are no numbers


def _nucleus(weights: Tensor, top_p: float) -> Tensor:
    """Return the weights with 0 for all but the likeliest tokens; at least one is left."""
    ordered = weights.sort(dim=-1, descending=True).values
    before = ordered.cumsum(dim=-1) - ordered
    least = ordered.masked_fill(before >= top_p, float("inf")).min(dim=-1, keepdim=True).values
    return weights.masked_fill(weights < least, 0.0)
