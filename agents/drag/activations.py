"""What training keeps of a forward pass, measured without memory.

The model stands on the meta device, where tensors have a shape and no numbers. It is run there, and
what autograd saves for the backward pass is added up. Knows no architecture.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from ...errors import require
from ..llm.quiet import quiet

_LABELLED = 64
"""Tokens of an answer whose logits are kept."""


def measure(model: Any, length: int, *, dtype: Any = None) -> tuple[int, int]:
    """Return the bytes of a forward pass of one text that are kept for the backward pass.

    The model is on the meta device. Attention's scores, a square for every head, are left out: fused
    attention does not keep them. Mamba layers are those of plain torch; their kernels keep less.

    Args:
        model: The model, in an adapter's wrapper or not.
        length: Tokens of the text.
        dtype: The numbers of its words; None for bfloat16.

    Returns:
        The bytes without gradient checkpointing, and with: then each block's input is kept, and the
        largest block when it is computed again.
    """
    torch, layers = require("torch", "llm"), require("transformers.modeling_layers", "llm")
    saved = _Saved(model, length)
    blocks: list[int] = []
    hooks = []
    for module in model.modules():
        if isinstance(module, layers.GradientCheckpointingLayer):
            start = partial(_begin, saved, blocks)
            hooks += [module.register_forward_pre_hook(start)]
            hooks += [module.register_forward_hook(partial(_finish, saved, blocks))]
    width = model.get_input_embeddings().weight.shape[1]
    words = torch.empty(
        (1, length, width), device="meta", dtype=dtype or torch.bfloat16, requires_grad=True
    )
    try:
        model.train()
        with torch.autograd.graph.saved_tensors_hooks(saved.add, _same), _unpadded(), quiet():
            model(inputs_embeds=words, use_cache=False, logits_to_keep=min(_LABELLED, length))
    finally:
        for hook in hooks:
            hook.remove()
    inputs = len(blocks) * words.nbytes
    again = saved.total - sum(blocks) + inputs + max(blocks, default=0)
    return saved.total, min(again, saved.total)


class _Saved:
    """Counts the bytes that autograd saves: every storage once, weights not at all."""

    def __init__(self, model: Any, length: int) -> None:
        self._storages = {weights.untyped_storage()._cdata: None for weights in model.parameters()}
        chunk = getattr(model.config.get_text_config(), "chunk_size", None)
        self._square = () if length == chunk else (length, length)
        self.total = 0

    def add(self, tensor: Any) -> Any:
        """Count a tensor that is saved, and give it back."""
        storage = tensor.untyped_storage()
        if storage._cdata not in self._storages and tuple(tensor.shape[-2:]) != self._square:
            self._storages[storage._cdata] = storage  # held on to: its number is not given again
            self.total += storage.nbytes()
        return tensor


def _begin(saved: _Saved, blocks: list[int], *_: Any) -> None:
    blocks.append(-saved.total)


def _finish(saved: _Saved, blocks: list[int], *_: Any) -> None:
    blocks[-1] += saved.total


def _unpadded() -> Any:
    """Answer the questions that masks ask of values, which are not there: all texts are whole."""
    torch, modes = require("torch", "llm"), require("torch.utils._python_dispatch", "llm")
    asked = torch.ops.aten._local_scalar_dense.default

    class Unpadded(modes.TorchDispatchMode):  # type: ignore[misc, name-defined]
        def __torch_dispatch__(
            self, function: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            return True if function is asked else function(*args, **(kwargs or {}))

    return Unpadded()


def _same(tensor: Any) -> Any:
    return tensor
