"""Smaller numbers where a model only answers: bfloat16, or whole numbers of 8 bits.

bfloat16 halves the memory and is fast where the processor multiplies it (recent GPUs and CPUs).
int8 keeps the weights of linear layers in a quarter of the memory and works out the scale of what
they are multiplied with as it goes (dynamic quantisation, torch.ao); it runs on CPUs. Embeddings
and what is compared, the vectors and the log-probabilities, stay in float32 for int8. Neither can
be trained further: load the model again for that.
"""

from __future__ import annotations

import warnings
from typing import Any, Literal, TypeVar, get_args

import torch
from torch import nn

from ...errors import ConfigError

Precision = Literal["float32", "bfloat16", "int8"]

M = TypeVar("M", bound=nn.Module)


def for_inference(model: M, precision: Precision = "float32") -> M:
    """Bring a model to a precision in which it answers, in place, and set it to evaluate.

    Args:
        model: A `RagModel`, towers or a generator.
        precision: "float32" (as it is), "bfloat16", or "int8" (on a CPU).

    Raises:
        ConfigError: If there is no such precision, or not on this device.

    >>> for_inference(nn.Linear(2, 2), "bfloat16").weight.dtype
    torch.bfloat16
    """
    if precision not in get_args(Precision):
        raise ConfigError(f"precision is {precision!r}; it is float32, bfloat16 or int8.")
    model.requires_grad_(False).eval()
    if precision == "bfloat16":
        return model.to(torch.bfloat16)
    if precision == "float32":
        return model
    device = next(model.parameters()).device
    if device.type != "cpu":
        raise ConfigError(
            f"precision is 'int8', which runs on CPUs, and the model is on {device}. Take bfloat16 "
            "there, or move it to the CPU first."
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch moves this to another package, which is not needed
        quantize: Any = torch.ao.quantization.quantize_dynamic
        quantize(model, {nn.Linear}, dtype=torch.qint8, inplace=True)
    return model
