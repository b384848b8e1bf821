"""Which modules of a generator LoRA is put on, architecture by architecture.

A library's own choice for a hybrid is its few attention layers, with which next to nothing is
learnt. Here `auto` takes every large linear layer that an adapter can be put on: attention, MLP,
shared experts, and what leads into a state-space layer. What leads out of one (`out_proj`) is read
by the fused kernels as a bare weight, past any adapter, and is left alone.
"""

from __future__ import annotations

from typing import Any

from ...errors import ConfigError, require
from ..training.policy import check_modules

_USUAL = (
    "q_proj", "k_proj", "v_proj", "o_proj",  # attention: Llama, Qwen, Nemotron-H, Bamba, Jamba
    "in_proj", "x_proj",  # Mamba-2, Mamba
    "gate_proj", "up_proj", "down_proj",  # MLP; Nemotron-H has no gate
    "qkv_proj", "gate_up_proj",  # Phi
    "input_linear", "output_linear",  # Granite's hybrids
    "query_key_value", "dense_h_to_4h", "dense_4h_to_h",  # Bloom, Falcon, GPT-NeoX
)  # fmt: skip
_BARE = frozenset(["out_proj", "conv1d", "dt_proj"])
"""Of state-space layers: what kernels read as a bare weight."""


def lora_targets(model: Any, asked: str = "auto") -> list[str]:
    """Return the names of the modules, sorted as in `auto`'s list.

    Args:
        model: A causal language model, without an adapter.
        asked: `auto`; `all-linear`; or names by comma.

    Raises:
        ConfigError: If the model has none of them, lacks one that was named, or one that was named
            cannot have an adapter. The message names the modules there are.
    """
    bare = _BARE if state_spaces(model) else frozenset[str]()
    there = [name for name in _linear(model) if name not in bare]
    if asked == "auto":
        found = [name for name in _USUAL if name in there]
        if not found:
            raise ConfigError(
                f"LoRA finds none of its usual modules in {type(model).__name__}; it has: "
                f"{', '.join(there)}. Name some in lora_target_modules, or give all-linear."
            )
        return found
    if asked == "all-linear":
        return there
    names = [name.strip() for name in asked.split(",") if name.strip()]
    refused = [name for name in names if name in bare]
    if refused:
        raise ConfigError(
            f"lora_target_modules has {', '.join(refused)}: the kernels of Mamba layers read its "
            f"weight past any adapter. Leave it out; there are: {', '.join(there)}."
        )
    check_modules(model, names)
    return names


def expert_parameters(model: Any) -> list[str]:
    """Return the names of routed experts' weights, which are no modules but one array for all.

    Names that end in these are given to LoRA as `target_parameters`.
    """
    arrays = {
        ".".join(name.split(".")[-2:])
        for name, weights in model.named_parameters()
        if weights.dim() == 3 and name.split(".")[-2] == "experts"
    }
    return sorted(arrays)


def experts_note(model: Any) -> str | None:
    """Say in a line what of a mixture of experts stays as it is; None where there are none."""
    arrays = [
        weights
        for name, weights in model.named_parameters()
        if weights.dim() == 3 and name.split(".")[-2] == "experts"
    ]
    if not arrays:
        return None
    share = sum(weights.numel() for weights in arrays) / max(
        1, sum(weights.numel() for weights in model.parameters())
    )
    return (
        f"Routed experts ({share:.0%} of the weights, {arrays[0].shape[0]} to a layer) stay as they "
        "are: they are arrays and no modules. lora_experts=True gives them adapters, one to an "
        "expert."
    )


def state_spaces(model: Any) -> list[Any]:
    """Return the Mamba layers of a model: those with a transition and a way past it."""
    return [
        module
        for module in model.modules()
        if hasattr(module, "A_log") and hasattr(module, "D") and hasattr(module, "in_proj")
    ]


def _linear(model: Any) -> list[str]:
    """Return the last parts of the names of linear layers, the head excepted."""
    torch = require("torch", "llm")
    names = {
        name.rpartition(".")[2]
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear)
    }
    return sorted(names - {"lm_head"})
