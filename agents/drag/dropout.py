"""Dropout by a generator of one's own: torch's takes its numbers from the global one."""

from __future__ import annotations

import torch
from torch import Tensor


def dropped(values: Tensor, rate: float, generator: torch.Generator | None) -> Tensor:
    """Return values of which a share is set to zero and the rest made larger by as much.

    Args:
        values: Of any shape.
        rate: The share, from 0 and below 1.
        generator: On the same device; None drops nothing, as in evaluation.
    """
    if generator is None or not rate:
        return values
    chances = torch.rand(values.shape, generator=generator, device=values.device)
    return values * ((chances >= rate).to(values.dtype) / (1 - rate))
