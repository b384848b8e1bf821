"""First weights of a small T5 from which copying is soon learnt.

A generator that is to read must copy names that it has never seen, piece by piece: find the place
that was written last and write what follows it (an induction head: Olsson et al. 2022, arXiv
2209.11895). From plain random weights a small T5 learns its answers by heart instead. So attention
begins as a comparison: queries and keys by one matrix, values taken back by the transpose of what
made them (mimetic initialisation: Trockman & Kolter 2023, arXiv 2305.09828), and two heads of the
encoder look at the token before and the token after. All of it is trained like any other weight.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ...errors import ConfigError

_SHARP = 0.5
"""The size of queries and keys; T5 does not scale their products."""
_THROUGH = 0.5
"""How much of a token goes through attention as it is."""
_NEAR = 8.0
"""By how much the neighbour is preferred in the two heads that look at it."""

_BEFORE = 1
"""T5's bucket of the token before; that of the token after is half the buckets further."""


def begin_copying(t5: Any, generator: torch.Generator) -> None:
    """Set a T5's attention to weights from which it learns to copy.

    Args:
        t5: A `T5ForConditionalGeneration` whose heads are together as wide as the model, with at
            least two of them.
        generator: Draws the weights.

    Raises:
        ConfigError: If the shape does not allow it.
    """
    config = t5.config
    if config.d_kv * config.num_heads != config.d_model or config.num_heads < 2:
        raise ConfigError(
            f"{config.num_heads} heads of {config.d_kv} are not a model of {config.d_model}, or "
            "fewer than two; give a T5 with d_model = num_heads x d_kv."
        )
    with torch.no_grad():
        for part in t5.modules():
            if all(hasattr(part, name) for name in ("q", "k", "v", "o")):
                _compare(part, config.d_model, generator)
        bias = t5.encoder.block[0].layer[0].SelfAttention.relative_attention_bias.weight
        bias.zero_()
        bias[_BEFORE, 0] = _NEAR
        bias[_BEFORE + config.relative_attention_num_buckets // 2, 1] = _NEAR


def _compare(attention: Any, width: int, generator: torch.Generator) -> None:
    alike, values = (_rotation(width, generator) for _ in range(2))
    attention.q.weight.copy_(_SHARP * alike)
    attention.k.weight.copy_(_SHARP * alike)
    attention.v.weight.copy_(values)
    attention.o.weight.copy_(_THROUGH * values.T)


def _rotation(width: int, generator: torch.Generator) -> Tensor:
    rotation: Tensor = torch.linalg.qr(torch.randn(width, width, generator=generator))[0]
    return rotation
